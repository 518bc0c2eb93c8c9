"""Alembic: append-only numbered steps, one transaction each."""

"""Hits to alerts to people: decide, compose, send, record."""

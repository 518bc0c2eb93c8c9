"""Alembic's entry: one connection, one transaction a step, foreign keys checked after each."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from storage.schema import metadata


def _run() -> None:
    engine = create_engine(f"sqlite:///{context.config.attributes['path']}", hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _hand_over_transactions(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # sqlite3 would commit before each DDL statement; SQLAlchemy's BEGIN covers them all.
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: object) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]

    with engine.connect() as connection:
        context.configure(
            connection=connection, target_metadata=metadata, transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"migration left {len(broken)} dangling references")
    engine.dispose()


_run()

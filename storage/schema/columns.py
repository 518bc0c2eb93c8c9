"""What all tables share: the metadata, times, ids of posts, and how a table is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
)
from sqlalchemy.schema import SchemaItem

from storage.records import ChannelId, PostId

APPLICATION_ID = 0x45617273  # "Ears": a database without it is somebody else's
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MESSAGE_ID_BITS = 32  # Telegram's message ids are 31-bit

Big = BigInteger().with_variant(Integer, "sqlite")  # STRICT knows no BIGINT


class Utc(TypeDecorator[datetime]):
    """An aware datetime, stored as microseconds since 1970 UTC."""

    impl = Big
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuse naive datetimes: they would be stored hours off."""
        del dialect
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Give back UTC."""
        del dialect
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def microseconds(value: datetime) -> int:
    """Give an aware datetime as it is stored. Raises ValueError for a naive one."""
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value!r}: pass an aware one")
    return (value - _EPOCH) // _MICROSECOND


def post_id(channel_id: ChannelId, message_id: int) -> PostId:
    """Name the post that a channel's message is or begins."""
    return PostId((channel_id << _MESSAGE_ID_BITS) | message_id)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def table(name: str, *items: SchemaItem, sqlite_autoincrement: bool = False) -> Table:
    """Make a table of the archive."""
    return Table(
        name, metadata, *items, sqlite_strict=True, sqlite_autoincrement=sqlite_autoincrement
    )


def channel_column(*, primary_key: bool = False) -> Column[int]:
    """Make the column that names a channel of ours."""
    return Column(
        "channel_id", Big, ForeignKey("channels.id"), nullable=False, primary_key=primary_key
    )

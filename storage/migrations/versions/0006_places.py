"""What alerts say of places, readers' verdicts on them, and what each channel writes about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "hit_places",
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("lat", sa.REAL(), nullable=False),
        sa.Column("lon", sa.REAL(), nullable=False),
        sa.Column("confidence", sa.REAL(), nullable=False),
        sa.Column("centre", sa.Text(), nullable=True),
        sa.Column("distance_km", sa.REAL(), nullable=True),
        sa.Column("runner_up", sa.Text(), nullable=True),
        sa.Column("runner_up_confidence", sa.REAL(), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_hit_places_post_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name=op.f("fk_hit_places_subscription_id"),
        ),
        sa.PrimaryKeyConstraint(
            "post_id", "subscription_id", "position", name=op.f("pk_hit_places")
        ),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_table(
        "place_verdicts",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("post_id", BIG, nullable=False),
        sa.Column("surface", sa.Text(), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("is_right", sa.Integer(), nullable=False),
        sa.Column("judged_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_place_verdicts_channel_id")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["posts.id"], name=op.f("fk_place_verdicts_post_id")),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name=op.f("fk_place_verdicts_subscriber_id")
        ),
        sa.PrimaryKeyConstraint(
            "subscriber_id", "post_id", "surface", "place_id", name=op.f("pk_place_verdicts")
        ),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )
    op.create_index("ix_place_verdicts_channel_id", "place_verdicts", ["channel_id"])
    op.create_table(
        "channel_regions",
        sa.Column("channel_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Text(), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channels.id"], name=op.f("fk_channel_regions_channel_id")
        ),
        sa.PrimaryKeyConstraint("channel_id", "region_id", name=op.f("pk_channel_regions")),
        sqlite_autoincrement=False,
        sqlite_strict=True,
    )

"""Whether an attachment is wanted: pure, each no with its reason."""

from __future__ import annotations

from collections.abc import Mapping

from storage.records import Attachment, Channel, Fetch, MediaRule, MediaState


def channel_scope(channel: Channel) -> str:
    """Name the scope of one channel's rule."""
    return f"channel {channel.id}"


def group_scope(name: str) -> str:
    """Name the scope of a group's rule."""
    return f"group {name.lower()}"


def rule_of(channel: Channel, rules: Mapping[str, MediaRule], otherwise: MediaRule) -> MediaRule:
    """Give the rule of a channel: its own, else of the first group by name that has one."""
    scopes = [channel_scope(channel), *(group_scope(name) for name in sorted(channel.groups))]
    return next((rules[scope] for scope in scopes if scope in rules), otherwise)


def verdict(
    attachment: Attachment, rule: MediaRule, *, is_hit: bool
) -> tuple[MediaState, str | None] | None:
    """Say what becomes of an attachment; None when it is not even noted."""
    if rule.fetch is Fetch.NONE or attachment.kind not in rule.kinds:
        return None
    if attachment.length > rule.most_bytes:
        mb = attachment.length / 1e6
        return MediaState.REFUSED, f"larger than allowed: {mb:.1f} MB of {rule.most_bytes / 1e6:g}"
    if rule.fetch is Fetch.HITS and not is_hit:
        return MediaState.WAITING, None
    return MediaState.WANTED, None

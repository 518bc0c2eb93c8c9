"""The ids of the nouns: each a number or text of its own type."""

from __future__ import annotations

from typing import NewType

AccountId = NewType("AccountId", int)
ChannelId = NewType("ChannelId", int)  # ours; Telegram's own is `Channel.telegram_id`
PostId = NewType("PostId", int)
RevisionId = NewType("RevisionId", int)
SubscriberId = NewType("SubscriberId", int)
SubscriptionId = NewType("SubscriptionId", int)
InviteId = NewType("InviteId", int)
AlertId = NewType("AlertId", int)
StoryId = NewType("StoryId", int)  # the PostId of the post that began it
TargetId = NewType("TargetId", int)
NoticeId = NewType("NoticeId", int)
MuteId = NewType("MuteId", int)
PlaceId = NewType("PlaceId", str)  # "gn:…", "katottg:…", "wof:…" or "earshot:…"
DraftId = NewType("DraftId", int)
BroadcastId = NewType("BroadcastId", int)

"""The buttons under alerts and digests: what they are called and what they send. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.notify.snippet import shortened
from bot.telegram.messages import Button
from bot.translation import Voice, phrase
from storage.records import AlertId, Channel, Subscription, SubscriptionId, SubscriptionState

PAUSE = "p"
RESUME = "r"
USEFUL = "au"
NOISE = "an"
SNOOZE = "as"
MUTE = "am"
MORE = "ao"
EDIT = "ae"
RIGHT = "pr"
WRONG = "pw"
MAP = "dm"
_QUERY_ON_BUTTON = 24
_NAME_ON_BUTTON = 20

OPEN_POST = phrase("Open post")
IS_USEFUL = phrase("👍 Useful")
IS_NOISE = phrase("👎 Noise")
SNOOZE_IT = phrase("💤 Snooze")
MUTE_CHANNEL = phrase("🔇 Mute {channel}")
EDIT_THIS = phrase("✎ Edit query")
MORE_ABOUT = phrase("⋯ More")
PAUSE_THIS = phrase("Pause this query")
RESUME_THIS = phrase("Resume this query")
PAUSE_ONE = phrase("Pause {query}")
RESUME_ONE = phrase("Resume {query}")
RIGHT_PLACE = phrase("Right place")
WRONG_PLACE = phrase("Wrong place")
ON_A_MAP = phrase("🗺 On a map")


def under_alert(
    alert_id: AlertId,
    channel: Channel,
    *,
    subscriptions: Sequence[Subscription],
    surfaces: Mapping[SubscriptionId, str],
    link: str | None,
    voice: Voice,
) -> list[list[Button]]:
    """Give the rows.

    `surfaces` are the words in which a query found its place; `link` is None when the post cannot
    be opened any more.
    """
    rows = [[Button(voice.text(OPEN_POST), url=link)]] if link else []
    name = shortened(channel.name, _NAME_ON_BUTTON)
    rows += [
        [
            _button(voice.text(IS_USEFUL), USEFUL, alert_id),
            _button(voice.text(IS_NOISE), NOISE, alert_id),
        ],
        [
            _button(voice.text(SNOOZE_IT), SNOOZE, alert_id),
            _button(voice.text(MUTE_CHANNEL, channel=name), MUTE, alert_id),
        ],
    ]
    live = [item for item in subscriptions if item.state is not SubscriptionState.REMOVED]
    for item in live:
        pause = _button(
            _pause_label(item, voice, is_alone=len(subscriptions) == 1),
            RESUME if item.state is SubscriptionState.PAUSED else PAUSE,
            item.id,
            alert_id,
        )
        rows.append([pause, _button(voice.text(EDIT_THIS), EDIT, item.id)])
        if item.id in surfaces:
            name = f"\u2068{shortened(surfaces[item.id], _QUERY_ON_BUTTON)}\u2069"
            rows.append(
                [
                    _button(f"{voice.text(label)}: {name}", verb, item.id, alert_id)
                    for verb, label in ((RIGHT, RIGHT_PLACE), (WRONG, WRONG_PLACE))
                ]
            )
    rows.append([_button(voice.text(MORE_ABOUT), MORE, alert_id)])
    return rows


def under_digest(first: AlertId, voice: Voice) -> list[list[Button]]:
    """Give the rows under a digest whose alerts name places; it is known by its first alert."""
    return [[_button(voice.text(ON_A_MAP), MAP, first)]]


def _pause_label(item: Subscription, voice: Voice, *, is_alone: bool) -> str:
    is_paused = item.state is SubscriptionState.PAUSED
    if is_alone:
        return voice.text(RESUME_THIS if is_paused else PAUSE_THIS)
    query = shortened(item.query, _QUERY_ON_BUTTON)
    return voice.text(RESUME_ONE if is_paused else PAUSE_ONE, query=f"\u2068{query}\u2069")


def _button(label: str, verb: str, *numbers: int) -> Button:
    return Button(label, data=":".join([verb, *map(str, numbers)]).encode())

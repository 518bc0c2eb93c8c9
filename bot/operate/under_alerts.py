"""What the buttons under an alert do: judge it, silence for a while, mute its channel, tell more.

An alert, a query and a channel are looked up for the presser alone; what is not theirs is told as
out of date, like what is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.notify import alert_buttons
from bot.notify.compose import isolated
from bot.notify.snippet import clean, shortened
from bot.operate import draft_pages, setting_pages, texts
from bot.operate.buttons import Press, Pressed, button
from bot.operate.full_text import told_in_full
from bot.operate.subscribing import Subscribing
from bot.operate.suggestions import Suggestion, suggestion
from bot.operate.texts import said
from bot.telegram.messages import OutgoingText
from bot.translation import Voice, counted, phrase, voice_of
from storage import channels, drafts, feedback, mutes, own_alerts, posts, stories, subscriptions
from storage.database import Connection, Database
from storage.records import (
    Alert,
    AlertId,
    Channel,
    ChannelId,
    Rhythm,
    Subscriber,
    SubscriptionId,
)

MUTE_IT = "mt"
DISMISS = "mx"
_JUDGED_READ = 200  # of one query's judged alerts, the latest
_SUGGESTION_KEPT = timedelta(days=7)
_NAME_SHOWN = 60
_QUERY_SHOWN = 60

NOTED_USEFUL = phrase("Noted: useful. {precision}")
NOTED_NOISE = phrase("Noted: noise. {precision}")
PRECISION = counted(
    "Of {n} alert you judged {share} % were useful.",
    "Of {n} alerts you judged {share} % were useful.",
)
SUGGESTED = counted(
    "{with_it} of {n} alert you called noise holds “{word}”, {useful_with} of {useful} useful ones "
    "do. Leave it out of query {number}?",
    "{with_it} of {n} alerts you called noise hold “{word}”, {useful_with} of {useful} useful ones "
    "do. Leave it out of query {number}?",
)
ADD_EXCLUSION = phrase("Add -{word}")
LEAVE_IT = phrase("Leave it as it is")
ASK_MUTE = phrase("Shall I leave {channel} out?")
FOR_QUERY = phrase("For: {query}")
FOR_ALL = phrase("For all my queries")
CANCEL = phrase("Cancel")
MUTED = phrase("{channel} is left out now. /mutes shows what is.")
LEFT_AS_IT_IS = phrase("Left as it is.")


class UnderAlerts:
    """Answers the buttons under alerts."""

    def __init__(self, database: Database, subscribing: Subscribing) -> None:
        self._database = database
        self._subscribing = subscribing

    def presses(self) -> Mapping[str, Press]:
        """Give the buttons answered here."""
        return {
            alert_buttons.USEFUL: Press(self._press_useful, 1),
            alert_buttons.NOISE: Press(self._press_noise, 1),
            alert_buttons.SNOOZE: Press(self._press_snooze, 1),
            alert_buttons.MUTE: Press(self._press_mute, 1),
            alert_buttons.MORE: Press(self._press_more, 1),
            alert_buttons.EDIT: Press(self._press_edit, 1),
            MUTE_IT: Press(self._press_mute_it, 2),
            DISMISS: Press(self._press_dismiss, 0),
        }

    async def _press_useful(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return await self._judge(subscriber, AlertId(numbers[0]), is_useful=True)

    async def _press_noise(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        return await self._judge(subscriber, AlertId(numbers[0]), is_useful=False)

    async def _judge(
        self, subscriber: Subscriber, alert_id: AlertId, *, is_useful: bool
    ) -> Pressed:
        voice, now = voice_of(subscriber), datetime.now(UTC)
        async with self._database.transaction() as connection:
            judged = await feedback.judge(
                connection, alert_id, subscriber.id, is_useful=is_useful, at=now
            )
            if not judged:
                return Pressed(voice.text(texts.OLD_BUTTON))
            precision = (await feedback.precisions(connection, judged))[judged[0]]
            share = round(100 * precision.share)
            shown = voice.count(PRECISION, precision.judged, share=share)
            if is_useful:
                return Pressed(voice.text(NOTED_USEFUL, precision=shown))
            offers = [await self._offer(connection, subscriber, one, now) for one in judged]
        more = tuple(offer for offer in offers if offer)
        return Pressed(voice.text(NOTED_NOISE, precision=shown), more=more)

    async def _offer(
        self, connection: Connection, subscriber: Subscriber, key: SubscriptionId, now: datetime
    ) -> OutgoingText | None:
        """Offer to exclude what most of a query's noise has in common."""
        found = await subscriptions.owned(connection, key, subscriber.id)
        if found is None:
            return None
        judged = await feedback.judged_texts(connection, key, _JUDGED_READ)
        hint = suggestion(found.query, judged)
        if hint is None:
            return None
        number = await drafts.add(
            connection,
            subscriber.id,
            hint.query,
            replaces_id=key,
            made_at=now,
            expires_at=now + _SUGGESTION_KEPT,
        )
        return _offered(hint, key, number, voice_of(subscriber))

    async def _press_snooze(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        del numbers  # everything is silenced, whichever alert it was pressed under
        section = setting_pages.Section.SNOOZE
        page = setting_pages.choices(section, voice_of(subscriber), datetime.now(UTC))
        return Pressed("", more=(page,))

    async def _press_mute(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        voice = voice_of(subscriber)
        async with self._database.reading() as connection:
            found = await self._alert(connection, subscriber, numbers[0])
            if found is None:
                return Pressed(voice.text(texts.OLD_BUTTON))
            alert, channel = found
            matched = await subscriptions.matching(connection, alert.post_id, subscriber.id)
        rows = [
            [
                button(
                    voice.text(FOR_QUERY, query=isolated(shortened(item.query, _QUERY_SHOWN))),
                    MUTE_IT,
                    channel.id,
                    item.id,
                )
            ]
            for item in matched
        ]
        rows.append([button(voice.text(FOR_ALL), MUTE_IT, channel.id, 0)])
        rows.append([button(voice.text(CANCEL), DISMISS)])
        name = isolated(shortened(channel.name, _NAME_SHOWN))
        return Pressed("", more=(said(voice, ASK_MUTE, rows, channel=name),))

    async def _press_mute_it(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        voice, (channel_id, number) = voice_of(subscriber), numbers
        async with self._database.transaction() as connection:
            known = await channels.by_ids(connection, [ChannelId(channel_id)])
            owned = (
                await subscriptions.owned(connection, SubscriptionId(number), subscriber.id)
                if number
                else None
            )
            if not known or (number and owned is None):
                return Pressed(voice.text(texts.OLD_BUTTON))
            await mutes.add(
                connection,
                subscriber.id,
                channel_id=ChannelId(channel_id),
                subscription_id=owned.id if owned else None,
                now=datetime.now(UTC),
            )
        name = isolated(shortened(known[ChannelId(channel_id)].name, _NAME_SHOWN))
        return Pressed("", said(voice, MUTED, channel=name))

    async def _press_dismiss(self, subscriber: Subscriber, _numbers: tuple[int, ...]) -> Pressed:
        return Pressed("", said(voice_of(subscriber), LEFT_AS_IT_IS))

    async def _press_edit(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        async with self._database.reading() as connection:
            key = SubscriptionId(numbers[0])
            found = await subscriptions.owned(connection, key, subscriber.id)
        if found is None:
            return Pressed(voice_of(subscriber).text(texts.OLD_BUTTON))
        return Pressed("", more=(await self._subscribing.ask(subscriber, found),))

    async def _press_more(self, subscriber: Subscriber, numbers: tuple[int, ...]) -> Pressed:
        voice = voice_of(subscriber)
        async with self._database.reading() as connection:
            found = await self._alert(connection, subscriber, numbers[0])
            if found is None:
                return Pressed(voice.text(texts.OLD_BUTTON))
            alert, channel = found
            post = (await posts.by_ids(connection, [alert.post_id]))[alert.post_id]
            revisions = await posts.revisions_of(connection, alert.post_id)
            tellings = (await stories.tellings(connection, [alert.story_id])).get(
                alert.story_id, []
            )
        now = datetime.now(UTC)
        told = told_in_full(post, channel, revisions, tellings, voice=voice, now=now)
        return Pressed("", more=told)

    async def _alert(
        self, connection: Connection, subscriber: Subscriber, number: int
    ) -> tuple[Alert, Channel] | None:
        """Find a person's own alert, with the channel of its post."""
        alert = await own_alerts.own(connection, AlertId(number), subscriber.id)
        if alert is None:
            return None
        post = (await posts.by_ids(connection, [alert.post_id]))[alert.post_id]
        return alert, (await channels.by_ids(connection, [post.channel_id]))[post.channel_id]


def _offered(hint: Suggestion, key: SubscriptionId, draft: int, voice: Voice) -> OutgoingText:
    text = voice.count(
        SUGGESTED,
        hint.noise,
        with_it=hint.noise_with,
        word=clean(hint.word),
        useful_with=hint.useful_with,
        useful=hint.useful,
        number=key,
    )
    take = button(
        voice.text(ADD_EXCLUSION, word=shortened(hint.word, _QUERY_SHOWN)),
        draft_pages.TAKE,
        draft,
        tuple(Rhythm).index(Rhythm.NOW),
    )
    leave = button(voice.text(LEAVE_IT), draft_pages.CANCEL, draft)
    return OutgoingText(text, buttons=((take,), (leave,)))

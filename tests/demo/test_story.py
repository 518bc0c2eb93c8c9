"""The story is worth telling: it has what it claims to have, and its hand-made promise is sound."""

from collections import Counter

from bot.demo.morning import MORNING
from bot.demo.posts_file import LONGEST, pieces_of, posts_story
from bot.match.query import parse
from bot.match.reference import reference_match
from bot.sandbox.media import DocumentSpec, PollSpec, WebPageSpec
from bot.sandbox.script import Act, Step
from bot.text.language import language
from storage.records import Document, FollowMode

BEATS = MORNING.beats


def steps(*acts):
    return [beat.step for beat in BEATS if beat.step.act in acts]


def test_the_morning_has_what_a_morning_has():
    counts = Counter(step.act for step in steps(*Act))
    kinds = {type(spec) for step in steps(Act.POST) for spec in step.media}

    assert len(MORNING.channels) >= 8
    assert 60 <= counts[Act.POST] + counts[Act.ALBUM] + counts[Act.FORWARD] <= 100
    assert counts[Act.EDIT] >= 4
    assert counts[Act.DELETE] >= 2
    assert counts[Act.FORWARD] >= 2
    assert counts[Act.ALBUM] == counts[Act.FLOOD] == counts[Act.CUT] == 1
    assert {PollSpec, WebPageSpec, DocumentSpec} <= kinds
    assert any(step.reply_to for step in steps(Act.POST))
    assert any(not channel.username for channel in MORNING.channels)
    assert any(channel.mode is FollowMode.POLL for channel in MORNING.channels)
    assert BEATS[-1].step.at <= 35


def test_the_morning_speaks_three_languages():
    spoken = Counter(language(step.text) for step in steps(Act.POST))

    assert min(spoken["uk"], spoken["ru"], spoken["en"]) >= 10


def test_beats_are_told_in_their_order():
    times = [beat.step.at for beat in BEATS]

    assert times == sorted(times)


def test_names_are_told_apart():
    names = [step.name for step in steps(Act.POST, Act.ALBUM, Act.FORWARD)]

    assert len(set(names)) == len(names)


def test_what_is_declared_by_hand_is_what_the_queries_mean():
    texts: dict[str, str] = {}
    owed: dict[str, set[str]] = {}
    for beat in BEATS:
        step = beat.step
        if step.act not in (Act.POST, Act.ALBUM, Act.FORWARD, Act.EDIT):
            continue
        name = step.target if step.act is Act.EDIT else step.name
        texts[name] = texts[step.target] if step.act is Act.FORWARD else searchable(step)
        before = owed.setdefault(name, set())
        if step.act is Act.FORWARD:  # one story with what it repeats, of which each is told once
            before |= owed[step.target]
        assert matched(texts[name]) - before == set(beat.owed_to), texts[name]
        before |= set(beat.owed_to)


def searchable(step: Step) -> str:
    words = [step.text]
    for spec in step.media:
        match spec:
            case PollSpec(question, answers):
                words += [question, *answers]
            case WebPageSpec(title=title, description=description):
                words += [title, description]
            case DocumentSpec(name=name):
                words.append(name)
    return "\n".join(words)


def matched(text: str) -> set[str]:
    return {
        person.key
        for person in MORNING.people
        if any(
            reference_match(parse(query), Document(text)) is not None for query in person.queries
        )
    }


def test_a_post_too_long_for_telegram_goes_out_in_pieces():
    text = "слово 🛰 " * 700

    pieces = pieces_of(text)

    assert len(pieces) == 2
    assert all(len(piece.encode("utf-16-le")) // 2 <= LONGEST for piece in pieces)
    assert " ".join(pieces).split() == text.split()


def test_a_text_without_spaces_is_cut_at_the_limit():
    assert [len(piece) for piece in pieces_of("а" * 5000)] == [LONGEST, 5000 - LONGEST]
    assert pieces_of(" \n") == []


async def test_a_file_of_posts_becomes_a_story(tmp_path):
    (tmp_path / "posts.jsonl").write_text(
        '{"id": 1, "lang": "uk", "text": "Дрони над містом"}\n'
        '{"id": 1, "lang": "uk", "text": "Тихо"}\n'
        '{"id": 2, "lang": "uk", "text": " "}\n'
    )

    told = await posts_story(tmp_path / "posts.jsonl")

    assert (told.lines, told.empty, told.split) == (3, 1, 0)
    assert [beat.owed_to for beat in told.story.beats] == [("operator",), ()]
    assert len({beat.step.name for beat in told.story.beats}) == 2

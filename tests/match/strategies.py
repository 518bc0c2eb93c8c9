"""Generated posts and queries that meet often: small vocabularies, hostile writings."""

from __future__ import annotations

from hypothesis import strategies as st

from storage.records import Document, Has, HiddenLink, Is, Mention, PlaceId

LEMMAS = ["ракета", "дрон", "місто", "город", "летіти", "лететь", "новий", "Київ", "Суджа"]
LEMMAS += ["ракета!ракети", "місто!міста!городе", "т.зв.", "ФАБ-500", "Герань-2"]
LEMMAS += ["шахед", "каб", "missile", "city", "м'яч", "ёлка", "Т-90М", "FPV-дрон", "100км", "С-300"]
WRITTEN = ["ракета", "ракети", "Ракетою", "дрон", "дрони", "міста", "городе", "летить", "летят"]
WRITTEN += ["новий", "новых", "Києві", "Суджі", "Суджу", "шахеди", "кабами", "missiles", "cities"]
WRITTEN += ["т.зв.", "т. зв.", "тзв", "ФАБ 500", "fab-500", "Гераней-2", "герань", "2", "тpaктop"]
WRITTEN += ["м’яч", "мʼяча", "елка", "Т-90М", "т90м", "fpv", "дрони", "100", "км", "100км", "C-300"]
WRITTEN += ["раке\u0301та", "ра\u200bкета", "р а к е т а", "#НовийДрон", "paкeта", "раке🚀та", "и"]
WRITTEN += [
    "@kanal_x",
    "https://news.example.org/a",
    "t.me/kanal_x",
    "example.org",
    "News.Example.org/a",
    "новости.рф",
    "https://новости.рф/x",
    "кордон.РФ",
    "Sudzha",
    "mark",
    "Mark",
    "jury",
    "#Mark",
    "ma-rk",
    "Sudschi",
    "ДРОН",
    "🔥",
]
GAPS = [" ", " ", " ", ", ", " — ", "\n", "-", ". ", "  ", "🔥", ""]
HOSTILE = [
    " ",
    " ",
    "-",
    "–",
    "T",
    "м",
    "_",
    ".",
    "'",
    "ʼ",
    "\u0301",
    "\u0306",
    "и",
    "а",
    "Ё",
    "ґ",
    "0",
    "3",
    "7",
]
HOSTILE += [
    "\u200b",
    "\ufe0f",
    "\u200d",
    "🔥",
    "🇺🇦",
    "#Де",
    "@abc_d",
    "www.a.bc",
    "t.me/abc",
    "İ",
    "ß",
    "é",
    "𝐑",
]
HOSTILE += [
    "a",
    "Z",
    "ŻÓŁĆ",
    "Ａ",
    "½",
    "№",
    "№5",
    "™",
    "🅰",
    "σς",
    "\u00ad",
    "…",
    "﷽",
    "\ud800",
    "‐",
]
HOSTILE += ["\u0300", "\u200c", "\ufeff", "\ufe0e", "❗", "❗️", "👨\u200d👩", "❶", "🄀", "1️⃣", "🏻"]
HOSTILE += [".рф", "а.Укр", ".рф/", "xn--p1ai."]
HOSTILE += [
    "x",
    "c",
    "О",
    "с",
    "т",
    "е",
    "AB",
    "Де",
    "Ґ",
    "й",
    "#",
    "--",
    "Б.",
    "5",
    "‼",
    "http://",
    "bc.com",
    ".com/",
    ".ua",
]
PLACES = {"суджа": {"p1"}, "курщина": {"p1", "p2"}}


class Resolver:
    def place_ids(self, name: str) -> frozenset[PlaceId]:
        if name.lower() not in PLACES:
            raise LookupError("Суджа")
        return frozenset(map(PlaceId, PLACES[name.lower()]))

    def near_ids(self, name_or_coordinates: str, radius_km: float) -> frozenset[PlaceId]:
        return self.place_ids(name_or_coordinates) if radius_km > 10 else frozenset()


@st.composite
def texts(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.tuples(st.sampled_from(WRITTEN), st.sampled_from(GAPS)), max_size=14))
    return "".join(word + gap for word, gap in parts)


URLS = ["https://www.News.example.org/a", "t.me/kanal_x", "http://example.org", "tg://user?id=1"]
URLS += ["", "https://", "https://xn--b1amarcd.xn--p1ai/x"]


def _links(text: str) -> st.SearchStrategy[tuple[HiddenLink, ...]]:
    """Give links behind stretches of a text, overlapping perhaps."""
    if not text:
        return st.just(())
    at = st.integers(0, len(text))
    link = st.tuples(at, at, st.sampled_from(URLS)).filter(lambda drawn: drawn[0] != drawn[1])
    made = link.map(lambda drawn: HiddenLink(min(drawn[:2]), max(drawn[:2]), drawn[2]))
    return st.just(()) | st.lists(made, max_size=2).map(tuple)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(texts())
    mentions = ()
    if text and draw(st.booleans()):
        share = draw(st.sampled_from([0.1, 0.3, 0.5, 0.9]))
        other = ((PlaceId("p2"), draw(st.sampled_from([0.1, 0.4]))),)
        mentions = (Mention(0, 1, text[:1], PlaceId("p1"), share, other),)
    return Document(
        text=text,
        channel=draw(st.sampled_from([None, "kanal_x", "kanal_y"])),
        groups=draw(st.sampled_from([frozenset(), frozenset({"monitors"})])),
        lang=draw(st.sampled_from([None, "uk", "ru"])),
        has=draw(st.sampled_from([frozenset(), frozenset({Has.PHOTO})])),
        marks=draw(st.sampled_from([frozenset(), frozenset({Is.FORWARD, Is.ALBUM})])),
        origin=draw(st.sampled_from([None, "kanal_y"])),
        mentions=mentions,
        links=draw(_links(text)),
    )


_words = st.one_of(
    st.sampled_from(LEMMAS),
    st.sampled_from([word for word in LEMMAS if "!" not in word]).map(lambda word: f"={word}"),
    st.sampled_from(["Суджа", "Sudzha", "Київ", "Марк", "Юрій"]).map(lambda word: f"~{word}"),
    st.sampled_from(["рак*", "дро*", "міс*", "суд*"]),
)
_phrases = st.lists(st.sampled_from(LEMMAS), min_size=1, max_size=3).flatmap(
    lambda words: st.sampled_from(
        [
            f'"{" ".join(words)}"',
            *(f'{mode}"{" ".join(word.split("!")[0] for word in words)}"' for mode in "=~"),
        ]
    )
)
FIELDS = ["channel:@kanal_x", "group:monitors", "lang:uk", "has:photo", "is:forward", "@kanal_x"]
FIELDS += [
    "from:@kanal_y",
    "url:example.org",
    "url:новости.рф",
    "place:Суджа",
    "place:Курщина~wide",
]
FIELDS += ["place:Курщина~strict", 'near:"Суджа, 30 km"', 'near:"Суджа, 5 km"']
_fields = st.sampled_from(FIELDS)
_patterns = st.sampled_from(
    [r"/ракет[аи]/", r"/\bдрон\w*\b/", r"/дрони?\s+\S+/", r"/(?:ракета|дрон)\s/", "/new+s/"]
)
_places = st.recursive(
    st.one_of(_words, _phrases),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]} OR {two[1]})"),
        st.tuples(inner, st.integers(1, 6), inner).map(
            lambda near: f"({near[0]} NEAR/{near[1]} {near[2]})"
        ),
    ),
    max_leaves=3,
)
query_texts = st.recursive(
    st.one_of(_words, _words, _phrases, _places, _fields, _patterns, st.just("*")),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"{two[0]} {two[1]}"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) OR ({two[1]})"),
        inner.map(lambda one: f"-({one})"),
        inner.map(lambda one: f"!({one})"),
    ),
    max_leaves=6,
)

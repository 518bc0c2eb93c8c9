"""English inflection: a table of the irregular words and the rules for the rest.

No kept package was light enough: lemminflect has had no release since 2022 and needs numpy, inflect
does nouns only. Forms that do not exist (childs) cost nothing: nobody writes them.
"""

from __future__ import annotations

from typing import Final

# Words of one family, the base form first. Facts of the language, written from memory.
_FAMILIES: Final = """
be am is are was were been being|have has had having|do does did done doing
go goes went gone going|say says said saying|make makes made making|take takes took taken taking
see sees saw seen seeing|come comes came coming|know knows knew known knowing
get gets got gotten getting|give gives gave given giving|find finds found finding
think thinks thought thinking|tell tells told telling|become becomes became becoming
leave leaves left leaving|feel feels felt feeling|bring brings brought bringing
begin begins began begun beginning|keep keeps kept keeping|hold holds held holding
write writes wrote written writing|stand stands stood standing|hear hears heard hearing
let lets letting|mean means meant meaning|meet meets met meeting|run runs ran running
pay pays paid paying|sit sits sat sitting|speak speaks spoke spoken speaking
lead leads led leading|grow grows grew grown growing|lose loses lost losing
fall falls fell fallen falling|send sends sent sending|build builds built building
draw draws drew drawn drawing|break breaks broke broken breaking|spend spends spent spending
cut cuts cutting|rise rises rose risen rising|drive drives drove driven driving
buy buys bought buying|wear wears wore worn wearing|choose chooses chose chosen choosing
strike strikes struck stricken striking|shoot shoots shot shooting|fly flies flew flown flying
flee flees fled fleeing|fight fights fought fighting|hit hits hitting|hurt hurts hurting
win wins won winning|seek seeks sought seeking|catch catches caught catching
teach teaches taught teaching|sink sinks sank sunk sinking|sweep sweeps swept sweeping
throw throws threw thrown throwing|steal steals stole stolen stealing
swear swears swore sworn swearing|blow blows blew blown blowing|burn burns burned burnt burning
eat eats ate eaten eating|drink drinks drank drunk drinking|hide hides hid hidden hiding
lie lies lay lain lying|lay lays laid laying|shake shakes shook shaken shaking
sell sells sold selling|set sets setting|shut shuts shutting|put puts putting|read reads reading
sleep sleeps slept sleeping|spread spreads spreading|tear tears tore torn tearing
wake wakes woke woken waking|bear bears bore born borne bearing|bind binds bound binding
deal deals dealt dealing|dig digs dug digging|feed feeds fed feeding
forbid forbids forbade forbidden forbidding|forget forgets forgot forgotten forgetting
freeze freezes froze frozen freezing|hang hangs hung hanged hanging
withdraw withdraws withdrew withdrawn withdrawing
undergo undergoes underwent undergone undergoing
overtake overtakes overtook overtaken overtaking|man men mans men|woman women womans womens
child children childs childrens|person people persons peoples|foot feet|tooth teeth|mouse mice
goose geese|ox oxen|die dies died dying|knife knives|life lives|wife wives|half halves
leaf leaves|thief thieves|wolf wolves|shelf shelves|crisis crises|analysis analyses|basis bases
axis axes|thesis theses|phenomenon phenomena|criterion criteria|datum data|medium media mediums
nucleus nuclei|serviceman servicemen|policeman policemen|gunman gunmen|spokesman spokesmen
fisherman fishermen|aircraft|spacecraft|good better best|bad worse worst
far further farther furthest farthest|little less least|many more most
""".replace("\n", "|")
_IRREGULAR: Final[dict[str, frozenset[str]]] = {}
for _family in filter(None, _FAMILIES.split("|")):
    _words = frozenset(_family.split())
    for _word in _words:
        _IRREGULAR[_word] = _IRREGULAR.get(_word, frozenset()) | _words
_VOWELS: Final = "aeiou"
_MOST: Final = 30  # letters of a word worth inflecting


def english_forms(word: str) -> frozenset[str]:
    """All forms of a folded word of Latin letters, itself included; possessives too."""
    if len(word) < 3 or len(word) > _MOST or not word.isalpha():  # noqa: PLR2004 - "US" has no plural
        return frozenset({word})
    if word in _IRREGULAR:
        found = set(_IRREGULAR[word])
    else:
        found = {word}
        for base in {word, *_singulars(word)}:
            found |= _inflected(base)
    # Apostrophes are folded away, so Ukraine's is written ukraines.
    return frozenset(
        found | {f"{form}s" for form in found if not form.endswith(("s", "ed", "ing"))}
    )


def _singulars(word: str) -> set[str]:
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - ties, dies
        return {word[:-3] + "y"}
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return {word[:-2]}
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "as", "os")):
        return {word[:-1]}
    return set()


def _inflected(base: str) -> set[str]:
    last, before = base[-1], base[-2]
    if last == "y" and before not in _VOWELS:
        stem = base[:-1]
        return {base, stem + "ies", stem + "ied", base + "ing", stem + "ier", stem + "iest"}
    if last == "e":
        return {base, base + "s", base + "d", base[:-1] + "ing", base + "r", base + "st"}
    plural = base + ("es" if base.endswith(("s", "x", "z", "ch", "sh")) else "s")
    found = {base, plural, base + "ed", base + "ing"}
    if last == "o":
        found.add(base + "es")
    is_short = before in _VOWELS and last not in "aeiouwxy" and base[-3:-2] not in _VOWELS
    if is_short:
        found |= {base + last + "ed", base + last + "ing"}
    return found

"""English inflection: a table of the irregular words and the rules for the rest.

A word typed in a form (attacked, bombing, cities) is taken back to what it may be a form of.
British and American spellings stand for one another: -ise and -ize by rule, -our, -re and -ce by
a table. Agent nouns (attacker) and adverbs are other words. No kept package was light enough:
lemminflect has had no release since 2022 and needs numpy, inflect does nouns only, simplemma
brings 60 MB. Forms that do not exist (childs) cost nothing: nobody writes them.
"""

from __future__ import annotations

import re
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
fisherman fishermen|use uses used using|aircraft|spacecraft|good better best|bad worse worst
far further farther furthest farthest|little less least|many more most
""".replace("\n", "|")
_IRREGULAR: Final[dict[str, frozenset[str]]] = {}
for _family in filter(None, _FAMILIES.split("|")):
    _words = frozenset(_family.split())
    for _word in _words:
        _IRREGULAR[_word] = _IRREGULAR.get(_word, frozenset()) | _words
_PREFIXES: Final = ("re", "over", "under", "out", "fore", "mis", "un", "with", "up", "inter")
# Words whose ending -ing or -ed is their own, or that are nouns far from their verb.
_WHOLE_TEXT: Final = """
evening morning building meeting hearing briefing being wedding setting painting housing ceiling
sibling sterling pudding viking during nothing something anything everything news string spring
king wing ring thing ping hundred sacred naked wicked indeed united
"""
_WHOLE: Final = frozenset(_WHOLE_TEXT.split())
_COMPARED_TEXT: Final = """
large late safe close wide brave fine free nice rare sure true pure strange severe simple noble
gentle heavy early easy happy busy angry likely ready deadly dirty dry hungry lucky noisy pretty
risky steady tiny ugly wealthy windy big hot new old high low long short strong weak young small
great hard fast slow near deep clear cheap cold warm dark light few tall quick rich poor tough
soft loud quiet thick thin calm bright broad fresh harsh smart sharp steep tight bloody grim sad
fat wet
"""
_COMPARED: Final = frozenset(_COMPARED_TEXT.split())
# British and American; the words made of them follow.
_BRITISH_TEXT: Final = """
defence/defense offence/offense licence/license pretence/pretense armour/armor harbour/harbor
colour/color labour/labor neighbour/neighbor neighbourhood/neighborhood honour/honor favour/favor
favourite/favorite rumour/rumor behaviour/behavior humour/humor vapour/vapor saviour/savior
endeavour/endeavor flavour/flavor odour/odor tumour/tumor parlour/parlor vigour/vigor
centre/center theatre/theater fibre/fiber litre/liter metre/meter kilometre/kilometer
centimetre/centimeter millimetre/millimeter calibre/caliber sabre/saber spectre/specter grey/gray
programme/program plough/plow aeroplane/airplane manoeuvre/maneuver mould/mold sceptic/skeptic
ageing/aging judgement/judgment enrol/enroll fulfil/fulfill instalment/installment
skilful/skillful jewellery/jewelry catalogue/catalog dialogue/dialog haemorrhage/hemorrhage
armoured/armored armoury/armory
"""
_BRITISH: Final = dict(pair.split("/") for pair in _BRITISH_TEXT.split())
_AMERICAN: Final = {american: british for british, american in _BRITISH.items()}
_ISE: Final = re.compile(r"(?<=..)([iy])([sz])(e|ed|es|ing|ation|ations|er|ers)")
_VOWELS: Final = "aeiou"
_LIQUID: Final = ("ll", "ss", "zz", "ff")
_DOUBLED: Final = re.compile(r"([^aeiou])\1$")
_ONE_SYLLABLE: Final = re.compile(r"[^aeiouy]*[aeiouy][^aeiouwxy]").fullmatch
_MOST: Final = 30  # letters of a word worth inflecting


def english_forms(word: str) -> frozenset[str]:
    """All forms of a folded word of Latin letters, itself included; possessives too."""
    if len(word) < 3 or len(word) > _MOST or not word.isalpha():  # noqa: PLR2004 - "US" has no plural
        return frozenset({word})
    found: set[str] = set()
    for spelling in _spellings(word):
        found |= _relatives(spelling)
    # Apostrophes are folded away, so Ukraine's is written ukraines.
    return frozenset(
        found | {f"{form}s" for form in found if not form.endswith(("s", "ed", "ing"))}
    )


def _spellings(word: str) -> set[str]:
    """Return the word with what it is on the other side of the Atlantic, in the plural too."""
    found = {word}
    for table in (_BRITISH, _AMERICAN):
        found |= {table[word]} if word in table else set()
        if word[-1] == "s" and word[:-1] in table:
            found.add(table[word[:-1]] + "s")
    return found


def _relatives(word: str) -> set[str]:
    if word in _WHOLE:
        return {word, word.rstrip("s") + "s"}
    found = _irregular(word)
    if found and word in _IRREGULAR:
        return found
    bases = _bases(word)
    found |= {word, word + ("es" if word[-1] == "s" else "s")} if bases else {word}
    for base in bases or {word}:
        found |= _IRREGULAR.get(base, frozenset()) or _inflected(base)
    for form in tuple(found):
        if match := _ISE.search(form):
            other = "z" if match[2] == "s" else "s"
            found.add(form[: match.start(2)] + other + form[match.end(2) :])
    return found


def _irregular(word: str) -> set[str]:
    """Return an irregular family, of a word with a prefix (rebuilt) too."""
    if word in _IRREGULAR:
        return set(_IRREGULAR[word])
    for prefix in _PREFIXES:
        rest = word.removeprefix(prefix)
        if rest != word and len(rest) > 2 and rest in _IRREGULAR:  # noqa: PLR2004 - shorter ones are chance
            return {prefix + form for form in _IRREGULAR[rest]}
    return set()


def _bases(word: str) -> set[str]:
    """Return what a word may be a form of; some of these are no words, and found nowhere."""
    if len(word) > 4 and word.endswith(("ies", "ied")):  # noqa: PLR2004 - ties, died
        return {word[:-3] + "y"}
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return {word[:-2]}
    if word.endswith("s"):
        return set() if word.endswith(("ss", "us", "is", "as", "os")) else {word[:-1]}
    if word.endswith("eed"):
        return {word[:-1]} if word in {"freed", "agreed", "guaranteed", "decreed"} else set()
    for ending in ("ed", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and any(letter in _VOWELS + "y" for letter in stem):  # noqa: PLR2004 - bed, king
            return _verbs(stem)
    return set()


def _verbs(stem: str) -> set[str]:
    """Return the verbs whose -ed or -ing leaves this stem: stopp, kill, evacuat, fir."""
    if _DOUBLED.search(stem):
        if not stem.endswith(_LIQUID):
            return {stem[:-1]}
        return {stem} if _ONE_SYLLABLE(stem[:-1]) else {stem, stem[:-1]}
    if stem.endswith("i"):
        return {stem}
    if _ONE_SYLLABLE(stem):
        return {stem + "e"}
    return {stem, stem + "e"}


def _inflected(base: str) -> set[str]:
    last, before = base[-1], base[-2]
    is_compared = base in _COMPARED
    if last == "y" and before not in _VOWELS:
        stem = base[:-1]
        found = {base, stem + "ies", stem + "ied", base + "ing"}
        return found | ({stem + "ier", stem + "iest"} if is_compared else set())
    if last == "e":
        found = {base, base + "s", base + "d", base[:-1] + "ing"}
        return found | ({base + "r", base + "st"} if is_compared else set())
    plural = base + ("es" if base.endswith(("s", "x", "z", "ch", "sh")) else "s")
    found = {base, plural, base + "ed", base + "ing"}
    if last == "o":
        found.add(base + "es")
    is_short = before in _VOWELS and last not in "aeiouwxy" and base[-3:-2] not in _VOWELS
    if is_short:
        found |= {base + last + "ed", base + last + "ing"}
    if is_compared:
        doubled = base + last if is_short and _ONE_SYLLABLE(base) else base
        found |= {doubled + "er", doubled + "est"}
    return found

"""What the words around a name say about it: prepositions, types of place, roles, units."""

from __future__ import annotations

import re
from functools import lru_cache


class Cue:
    """What a neighbouring word can be, as bits of a plain number: enum arithmetic is ten times slower."""  # noqa: E501 a table row or pattern in one line

    NONE = 0
    WHERE = 1  # a preposition of place
    OTHER = 2  # another preposition or a conjunction
    SETTLEMENT = 4  # stands before the name of a settlement
    DIVISION = 8  # область, район, county
    DIRECTION = 16  # напрямок, сектор, direction, and what takes a place's adjective
    STREET = 32
    NATURE = 64  # river, lake, hill
    ROLE = 128  # a person's rank, office or title
    UNIT = 256  # brigade, battalion, party, paper, club, firm
    MOTION = 512  # shelled, took, near: verbs and nouns whose object is often a place
    FACILITY = 1024
    AND = 2048
    BODY = 4096  # a parliament, a court, an office, a prize, a network: named with a capital
    CALLSIGN = 8192  # what a person is called stands after it
    FEAST = 16384


_WHERE = """в во на у в’ у' из с со под подо близ возле около через над до от к ко под по между вокруг вблизи
за об із зі з від біля поблизу під поруч навколо через крізь поміж вздовж довкола неподалік
in at near from to into outside around towards toward across through inside via over north south east west
between off throughout within northern southern eastern western central downtown""".split()  # noqa: E501, SIM905 a table row or pattern in one line
_OTHER = """of for by with and or the a an about against under upon это как что не для про о об при без
після перед при про для без як що не та й або чи через after before than as""".split()  # noqa: E501, SIM905 a table row or pattern in one line
_SETTLEMENT = """г гор город города городе городу городом городок пгт село села селе селу селом сел с д дер
деревня деревни деревне деревню деревней поселок поселка поселке поселком поселку пос хутор хутора хуторе ст станица станице станицы
м місто міста місті містом місту містечко смт селище селища селищі селищем селищу сели сіл селах селами селам хутір хуторі
населенный населенного населенном пункт пункта пункте населений населеного населеному пункту пунктом нп н п
city town village township settlement hamlet capital столица столице столицу столицы столиця столиці столицю
города городов городах городам міст містах села поселки поселках деревни деревнях селища селищах суток capital""".split()  # noqa: E501, SIM905 a table row or pattern in one line
_STEMS: tuple[tuple[int, str], ...] = (
    (Cue.DIVISION, r"област(ь|и|ью|ей|ях|ям|ями|і|ю)|обл|район\w{0,3}|р|край|края|крае|краю|округ\w{0,2}|республик\w{1,2}|республік\w{1,2}|"  # noqa: E501, ISC004 a table row or pattern in one line
                   r"громад\w{1,2}|отг|отг|область|region|oblast|district|county|province|raion|state|parish|prefecture|governorate|краї|штат\w{0,2}|провинци\w|провінці\w|"
                   r"сельсовет\w{0,2}|регион\w{0,2}|регіон\w{0,2}|губерни\w|губерні\w|prefecture|territory|borough"),
    (Cue.DIRECTION, r"направлени\w{1,2}|напрям\w{0,4}|сектор\w{0,2}|участ(ок|ке|ка)|ділян\w{1,3}|фронт\w{0,2}|плацдарм\w{0,2}|выступ(?:а|е|у|ом)?|виступ(?:і|у|а|ом)?|"  # noqa: E501, ISC004 a table row or pattern in one line
                    r"direction|axis|sector|front|приграничь\w|прикордонн\w|погранич\w+|котел|котле|котл\w|агломераци\w|агломераці\w|"
                    r"аэс|аес|тэц|тец|тэс|тес|грэс|гес|гэс|дрг|нпз|аеродром\w{0,2}|аэродром\w{0,2}|аеропорт\w{0,2}|аэропорт\w{0,2}|порт\w{0,2}|вокзал\w{0,2}|"
                    r"водохранилищ\w|водосховищ\w|полуостров\w{0,2}|півостр\w+|мост\w{0,2}|міст|шоссе|шосе|трасс\w|трас\w|лес\w{0,2}|ліс\w{0,2}|залив\w{0,2}|лиман\w{0,2}|коридор\w{0,2}|плат[оу]"),
    (Cue.STREET, r"ул|улиц\w{1,3}|вул|вулиц\w{1,3}|просп|проспект\w{0,2}|площад\w{1,3}|площ\w{1,3}|пр|пл|бульвар\w{0,2}|переул\w+|провул\w+|набережн\w+|"  # noqa: E501, ISC004 a table row or pattern in one line
                 r"шоссе|шосе|street|avenue|road|boulevard|square|drive|lane|highway|майдан\w{0,2}|мікрорайон\w{0,2}|микрорайон\w{0,2}|мкр|жк|жилмассив\w{0,2}"),
    (Cue.NATURE, r"рек[аиеуо]\w?|реч?к\w{1,3}|річ\w{1,4}|рік\w{1,3}|озер\w{1,3}|мор[еяю]\w?|морі|залив\w{0,2}|затока|пролив\w{0,2}|остров\w{0,2}|острів|гор[аеыиуі]|горою|гір|бухт\w{1,2}|урочищ\w|пустел\w{1,2}|пустын\w{1,2}|"  # noqa: E501, ISC004 a table row or pattern in one line
                 r"river|lake|creek|mountain|mountains|mount|bay|gulf|sea|ocean|island|islands|strait|valley|peninsula|canyon|hill|hills|beach|desert|forest|park|falls|"
                 r"долин\w|хребет|хребт\w|гряд\w|балк\w"),
    (Cue.ROLE, r"президент\w{0,3}|премьер\w{0,3}|прем.?єр\w{0,3}|министр\w{0,3}|міністр\w{0,3}|генерал\w{0,5}|полковник\w{0,3}|майор\w{0,3}|капитан\w{0,3}|капітан\w{0,3}|"  # noqa: E501, ISC004 a table row or pattern in one line
               r"депутат\w{0,3}|губернатор\w{0,3}|мэр\w{0,3}|мер\w{0,3}|глав[аеуы]|глав[оі]\w|голов[аиі]|командир\w{0,3}|журналист\w{0,3}|журналіст\w{0,3}|блогер\w{0,3}|пан\w{0,3}|"
               r"спикер\w{0,2}|спікер\w{0,2}|секретар\w{0,3}|mr|mrs|ms|dr|president|minister|general|colonel|captain|sergeant|officer|judge|senator|rep|sen|gov|sheriff|"
               r"chief|coach|professor|director|prince|princess|queen|king|pope|saint|lord|lady|sir|адвокат\w{0,3}|поэт\w{0,3}|писател\w{0,3}|режисс\w+|актер\w{0,3}|певиц\w|господин\w{0,2}|гражданин\w{0,2}|имени|імені|им|ім"),
    (Cue.UNIT, r"бійц\w{1,3}|бойц\w{1,3}|боец|боєць|воин\w{0,3}|воїн\w{0,3}|бригад\w{1,3}|батальон\w{0,3}|полк\w{0,3}|дивизи\w{1,2}|дивізі\w{1,2}|парти\w{1,2}|парті\w{1,2}|газет\w{1,2}|клуб\w{0,2}|фк|компани\w{1,2}|компані\w{1,2}|"  # noqa: E501, ISC004 a table row or pattern in one line
               r"завод\w{0,2}|корпус\w{0,2}|рот[аыіи]|взвод\w{0,2}|чвк|пвк|ооо|тов|зао|оао|пат|пао|ао|жк|канал\w{0,2}|журнал\w{0,2}|фонд\w{0,2}|спецназ\w{0,2}|отряд\w{0,2}|загін\w{0,2}|"
               r"крейсер\w{0,2}|комплекс\w{0,2}|флот\w{0,2}|трк|зрк|рсзо|фильм\w{0,2}|фільм\w{0,2}|ресторан\w{0,2}|отель\w{0,2}|готел\w{0,2}|магазин\w{0,2}|"
               r"brigade|battalion|regiment|party|fc|club|company|corp|inc|university|college|school|bank|times|news|post|herald|journal|tribune|university|институт\w{0,2}|інститут\w{0,2}|університет\w{0,2}|университет\w{0,2}"),
    (Cue.MOTION, r"обстр\w+|удар\w{0,4}|взрыв\w{0,4}|вибух\w{0,4}|прилет\w{0,4}|приліт\w{0,4}|штурм\w{0,5}|атак\w{1,5}|освобо\w+|зачищ\w+|зачист\w+|взят\w{0,2}|взяли|занял\w|занят\w{0,2}|зайнял\w|закрепил\w+|закріпил\w+|продвин\w+|просун\w+|прорв\w+|оточ\w+|окруж\w+|удержива\w+|утриму\w+|ворвал\w+|звільн\w+|оккупир\w+|окупован\w+|захоп\w+|захват\w+|бои|бої|боев|боїв|"  # noqa: E501, ISC004 a table row or pattern in one line
                 r"ракет\w{1,3}|шахед\w{0,3}|бпла|кабы|каби|каб|курс\w{0,2}|сторону|бік|направлении|тревог\w|тривог\w|жител\w+|мешкан\w+|окраин\w+|околиц\w+|центр\w{0,2}|"
                 r"shelling|strike|strikes|attack|attacks|captured|liberated|residents|outskirts|explosions|explosion"),
    (Cue.FACILITY, r"аэропорт\w{0,2}|аеропорт\w{0,2}|airport|station|станци\w|станці\w|метро|вокзал\w{0,2}|собор\w{0,2}|храм\w{0,2}|церк\w{2,3}|монастыр\w{0,2}|монастир\w{0,2}|лавр[аиуоыі]\w?|парк\w{0,2}|сквер\w{0,2}|стадион\w{0,2}|стадіон\w{0,2}|"  # noqa: E501, ISC004 a table row or pattern in one line
                   r"палац\w{0,2}|дворец|дворц\w{1,2}|зам(?:ок|к\w{1,2})|фортец\w{1,2}|крепост\w{1,2}|кладбищ\w|кладовищ\w|цвинтар\w{0,2}|памятник\w{0,2}|промзон\w{1,2}|"
                   r"космодром\w{0,2}|полигон\w{0,2}|полігон\w{0,2}|рынок|рынк\w{1,2}|ринок|ринк\w{1,2}|шахт\w{1,2}|бизнес|усадьб\w|каток|катк\w|bridge|hospital|stadium|аэродром\w{0,2}|аеродром\w{0,2}|airbase|кпп|пост"),
    (Cue.AND, r"и|й|і|та|and|или|або|&"),
    (Cue.BODY, r"(?:гос|держ)?дум[аеуыиі]|думой|думою|рад[аиіу]|радою|раді|парламент\w{0,2}|бундестаг\w{0,2}|кнессет\w{0,2}|кнесет\w{0,2}|конгрес+\w{0,2}|сенат\w{0,2}|"  # noqa: E501, ISC004 a table row or pattern in one line
               r"кабмин\w{0,2}|кабмін\w{0,2}|кабинет\w{0,2}|кабінет\w{0,2}|правительств\w{1,2}|министерств\w{0,2}|міністерств\w{0,2}|суд(?:у|а|і|е|ом|ів|ов|ах|ами)?|"
               r"прокуратур\w{1,2}|полици\w{1,2}|поліці\w{1,2}|комисси\w{1,2}|комісі\w{1,2}|комитет\w{0,2}|комітет\w{0,2}|управлени\w{1,2}|управлінн\w{1,2}|"
               r"департамент\w{0,2}|агентств\w{0,2}|агенці\w{1,2}|академи\w{1,2}|академі\w{1,2}|театр\w{0,2}|банк\w{0,2}|кодекс\w{0,2}|конституци\w{1,2}|конституці\w{1,2}|"
               r"преми\w{1,2}|премі\w{1,2}|укр(?!аин|аїн)[а-яіїє]{5,}|мин(?:обор|юст|фин|здрав|эк|куль|труд|пром|сель|обр|цифр|строй|транс|эн)\w*|"
               r"мін(?:обор|юст|фін|охор|ек|цифр|культ|соц|осв|розв|інфр|енер|агро)\w*|фейсбу[кц]\w?|телеграм\w{0,2}|ютуб\w{0,2}|[иі]нстаграм\w{0,2}|тв[иі]т+ер\w{0,2}|"
               r"parliament|congress|senate|court|ministry|council|committee|commission|department|reserve|cup|award|prize"),
    (Cue.CALLSIGN, r"позывн\w{1,3}|позивн\w{1,3}|псевдо|псевдонім\w{0,2}|псевдоним\w{0,2}|прозвищ\w{1,2}|прізвиськ\w{1,2}|кличк\w{1,2}|callsign|nicknamed|alias"),  # noqa: E501 a table row or pattern in one line
    (Cue.FEAST, r"різдв\w{1,2}|рождеств\w{1,2}|пасх\w{1,2}|великод\w{1,3}|великдень|великдн\w{1,2}|трійц\w{1,2}|троиц\w{1,2}|водохрещ\w{1,2}|хрещенн\w{1,2}|крещени\w{1,2}|"  # noqa: E501, ISC004 a table row or pattern in one line
                r"рамадан\w{0,2}|байрам\w{0,2}|масляна|масленн?иц\w{1,2}|благовіщенн\w{1,2}|christmas|easter|ramadan|thanksgiving"),
)  # fmt: skip
_COMPILED = tuple((cue, re.compile(pattern)) for cue, pattern in _STEMS)
_ANY = re.compile("|".join(f"(?:{pattern})" for _, pattern in _STEMS))  # most words are none
_LISTED = (
    (Cue.WHERE, frozenset(_WHERE)),
    (Cue.OTHER, frozenset(_OTHER)),
    (Cue.SETTLEMENT, frozenset(_SETTLEMENT)),
)


@lru_cache(maxsize=1 << 15)
def cue_of(fold: str) -> int:
    """Return the cues of a folded word."""
    found: int = Cue.NONE
    for cue, listed in _LISTED:
        if fold in listed:
            found |= cue
    if _ANY.fullmatch(fold):
        for cue, pattern in _COMPILED:
            if pattern.fullmatch(fold):
                found |= cue
    return found


SURNAME = re.compile(
    r"\w+(?:ов|ова|ову|ове|ову|овым|овой|ев|ева|еву|еве|евым|евой|ин|ина|ину|ине|иным|иной|енко|ко|ук|юк|чук|ський|ского|ский|скому|"
    r"ская|ской|ським|ського|ському|ська|ської|ян|дзе|швили|швілі|ich|ych|enko|ov|ova|ev|sky|skyy|skyi|son|sen|man|ез|ес|ер|ич|ича|ичу|ичем|ович|івна|овна|евич|йович)"
)
PLACE_LIKE = re.compile(
    r"\w+?(?:"
    r"(?:ов|ев|єв|ин|їн)(?:о|е|а|у|і|ом|ого|ому|ым|им)?|"
    r"(?:івк|ївк|овк|евк|инк|янк|ичк|ник|ек)(?:а|и|у|ою|ой|е|ці|ці)|івці|ів|їв|івц\w+|"
    r"(?:ськ|цьк|ск|цк)(?:а|у|е|ом|ого|ому|ое|ий|ой|і|им)?|"
    r"(?:пол|піл)(?:ь|я|ю|е|і|ем)|(?:град|город)(?:а|у|е|ом|і)?|"
    r"ець|ц[яюі]|цем|ець|щин[аиуіе]|"
    r"н(?:ое|ого|ому|ом|е|ім|им)|\w+abad|\w+(?:ville|burg|burgh|ton|town|ford|field|stan|grad|ivka|ovka|sk|ske|ove|ovo|yne|ino|pil|ville))"
)

# Words that are also names of places somewhere, but alone never mean them.
NEVER_ALONE = frozenset(
    """east west north south central western eastern northern southern northwest northeast southwest southeast state states
    lake lakes city town center centre sunday monday tuesday wednesday thursday friday saturday january february march april
    june july august september october november december of the and in at us it union police department district county park
    university hospital island islands bay river street road avenue airport university college school church high national
    capital province region republic kingdom federal general new old big little upper lower great island spring summer
    winter autumn fall male data man same orange most many sale nice best general police media imperial central mobile
    islamic foundation international
    центр центральный центральный северный южный восточный западный мая май июня июля августа март марта
    центральна центральний північний південний східний західний північ південь схід захід день ніч
    север юг восток запад площадь улица проспект улицы вулиця вулиці площа город города місто область район
    бог бога богу богом его ему він його йому она они это той того тому тем тех""".split()  # noqa: E501, SIM905 a table row or pattern in one line
)

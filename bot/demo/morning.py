"""The scripted morning: ten channels, three subscribers, half a minute.

Every text is invented, in the manner of front-line channels. No event in it happened, and its
places are made up.
"""

from __future__ import annotations

from bot.demo.stage import ACCOUNT_PHONE
from bot.demo.story import (
    CastChannel,
    CastPerson,
    Held,
    Story,
    album,
    cut,
    delete,
    edit,
    flood,
    forward,
    post,
)
from bot.sandbox.media import DocumentSpec, PhotoSpec, PollSpec, WebPageSpec, png
from storage.records import FollowMode, Role

RAIL = "Залізниця: службове"  # private, so that it has no username

CHANNELS = (
    CastChannel(
        "Січова варта",
        "sich_varta",
        history=(
            "Доброї ночі. На нашому напрямку без змін.",
            "Вчора ввечері Вербівку знову обстріляли, двоє поранених. Деталі зранку.",
            "Збираємо на тепловізор, залишилося 12 тисяч.",
        ),
    ),
    CastChannel(
        "Вербівка INFO",
        "verbivka_info",
        history=(
            "Вода у Вербівці буде з 18:00 до 21:00, набирайте запас.",
            "Загублено рудого кота, відгукується на Маршала.",
        ),
    ),
    CastChannel("Тил і фронт", "tyl_i_front", history=("Підсумки тижня: читайте на сайті.",)),
    CastChannel(
        "Обласна адміністрація",
        "obl_admin_demo",
        FollowMode.POLL,
        history=(
            "Наказ № 98 про роботу укриттів набрав чинності.",
            "Гаряча лінія працює цілодобово.",
        ),
    ),
    CastChannel(
        "Сводка Юга",
        "svodka_juga",
        history=("Вечерняя сводка. Над заливом сбит беспилотник.", "Ночь прошла спокойно."),
    ),
    CastChannel("Речной патруль", "rechnoj_patrul", history=("Уровень воды без изменений.",)),
    CastChannel(
        "Front Dispatch",
        "front_dispatch",
        history=(
            "Good evening. Quiet sector, rain until midnight.",
            "Our weekly map is out, link below.",
        ),
    ),
    CastChannel("River Watch", "river_watch_en", history=("Fog on the lower reaches tonight.",)),
    CastChannel(RAIL, history=("Бригада 4 на зв'язку.", "Колії оглянуто, зауважень нема.")),
    CastChannel(
        "Нічне небо",
        "nichne_nebo",
        is_added_later=True,
        history=("Ніч. Один безпілотник пройшов повз.", "Чисте небо."),
    ),
)

REPORTER = CastPerson(
    "reporter",
    "Олена",
    Role.REPORTER,
    "+380440000011",
    (
        "Вербівка OR Вербовка OR Verbivka",
        '"нафтова база" OR "нефтяная база" OR "oil depot"',
        "евакуація -навчання",
    ),
)
OPERATOR = CastPerson(
    "operator",
    "Max",
    Role.OPERATOR,
    "+380440000012",
    ("дрон OR безпілотник OR беспилотник OR drone", '="код червоний"'),
)
ARCHIVIST = CastPerson(
    "archivist",
    "Ірина",
    Role.ARCHIVIST,
    "+380440000013",
    ("наказ OR приказ OR decree", "переправа OR crossing"),
)

_PHOTOS = tuple(PhotoSpec(png()) for _ in range(3))

FIRST = (
    post(0.2, "sich_varta", "Доброго ранку. Ніч минула неспокійно, деталі за годину."),
    post(0.5, "svodka_juga", "Доброе утро. Готовим утреннюю сводку."),
    post(0.8, "front_dispatch", "Good morning. Overnight summary in a few minutes."),
    post(
        1.1,
        "verbivka_info",
        "❗️Вибухи чути на північ від Вербівки. Залишайтеся в укриттях.",
        name="blasts",
        owes="reporter",
    ),
    post(1.4, "rechnoj_patrul", "Туман у нижнего причала, видимость двести метров."),
    post(
        1.7,
        "svodka_juga",
        "⚡️Над заливом работает ПВО, беспилотники идут со стороны моря.",
        name="air_defence",
        owes="operator",
    ),
    post(2.0, "river_watch_en", "Water level at the lower gauge: 214 cm, rising slowly."),
    post(2.4, RAIL, "Потяг 117 затримується на 40 хвилин, чекаємо на перевірку колії."),
    post(
        2.8,
        "tyl_i_front",
        "Наказом командувача змінено порядок в'їзду до прифронтової смуги.",
        name="entry_order",
        owes="archivist",
    ),
    forward(3.2, "sich_varta", "blasts"),  # the reporter has this story already
    post(3.5, "verbivka_info", "Світла немає на вулицях Садовій та Шкільній. Бригада виїхала."),
    post(
        3.8,
        "front_dispatch",
        "Two drones were shot down over the bay before dawn, officials say.",
        owes="operator",
    ),
    post(4.1, "rechnoj_patrul", "Катер спасателей вышел к среднему плёсу."),
    post(
        4.4,
        "river_watch_en",
        "The ferry crossing at the old mill is closed until further notice.",
        name="ferry",
        owes="archivist",
    ),
    post(4.7, "sich_varta", "Працює контрбатарейна боротьба. Зберігаємо тишу."),
    post(
        5.0,
        "tyl_i_front",
        "Горить нафтова база за старим портом, дим видно за двадцять кілометрів.",
        name="depot",
        owes="reporter",
    ),
    post(5.3, "svodka_juga", "В городе слышны сирены. Всем в укрытия."),
    post(5.6, RAIL, "Станція Сортувальна: рух відновлено на двох коліях."),
    album(
        6.0,
        "verbivka_info",
        "Наслідки ночі: школа на околиці Вербівки. Фото мешканців.",
        _PHOTOS,
        owes="reporter",
    ),
    post(6.3, "front_dispatch", "No casualties reported so far. We are checking."),
    edit(
        6.8,
        "depot",
        "Горить нафтова база за старим портом. Уточнення: один резервуар, вогонь локалізовано.",
    ),
    post(
        7.2,
        "rechnoj_patrul",
        "Понтонная переправа у Каменного Брода закрыта, ждите распоряжений.",
        name="pontoon",
        owes="archivist",
    ),
    post(7.5, "svodka_juga", "Повторяем: фото и видео работы ПВО не публикуем."),
    post(
        7.9,
        "sich_varta",
        "Мінус один розвідувальний дрон над лісосмугою. Дякуємо мобільній групі!",
        owes="operator",
    ),
    post(
        8.3,
        "tyl_i_front",
        "У Гаванську триває евакуація мешканців прибережних вулиць, автобуси від школи № 2.",
        name="evacuation",
        owes="reporter",
    ),
    post(8.6, "river_watch_en", "A cargo barge is drifting near the second buoy."),
    post(
        8.9,
        "verbivka_info",
        "Завтра в громаді навчання: умовна евакуація лікарні, не хвилюйтеся.",
    ),
    post(9.2, RAIL, "Провідникам: перевірити запас води у вагонах."),
    post(9.5, "front_dispatch", "Correction to our 08:10 note: the siren lasted 14 minutes."),
)

SECOND = (
    post(
        10.0,
        "obl_admin_demo",
        "Оприлюднено наказ № 117 про комендантську годину: з 21:00 до 05:00.",
        owes="archivist",
        held=Held.POLLED,
    ),
    post(
        10.4,
        "svodka_juga",
        "По данным очевидцев, в районе Вербовки повреждён мост. Проверяем.",
        name="damaged",
        owes="reporter",
    ),
    post(10.8, "rechnoj_patrul", "Рыбакам: выход на воду запрещён до полудня."),
    post(
        11.4,
        "sich_varta",
        "Увага! Безпілотником атаковано підстанцію, можливі відключення.",
        owes="operator",
    ),
    post(11.8, "tyl_i_front", "Енергетики: аварійні графіки до вечора, деталі в застосунку."),
    post(
        12.2,
        "river_watch_en",
        "Which route should we map next?",
        media=PollSpec("Which route should we map next?", ("The pontoon crossing", "The dam")),
        owes="archivist",
    ),
    post(12.6, RAIL, "Код жовтий на північному плечі, очікуємо."),
    post(13.0, "verbivka_info", "Аптека на Центральній працює до обіду."),
    post(
        13.4,
        "front_dispatch",
        "What we know about last night: https://example.org/night-report",
        media=WebPageSpec(
            "https://example.org/night-report",
            "Fire at the oil depot: what we know",
            "A reconstruction of the night, hour by hour.",
            "Example Wire",
        ),
        owes="reporter",
    ),
    edit(
        13.9,
        "entry_order",
        "Наказом командувача змінено порядок в'їзду. Виправлено: діє з понеділка, не з неділі.",
    ),
    post(14.3, "svodka_juga", "Автобусы по маршруту 6 ходят по сокращённому графику."),
    delete(14.7, "damaged"),
    post(
        15.1,
        "tyl_i_front",
        "Документ дня — у файлі.",
        media=DocumentSpec(b"%PDF-1.4 a made-up order", "наказ-117.pdf", "application/pdf"),
        owes="archivist",
    ),
    flood(15.4, "messages.sendMessage", 2),
    post(
        15.5,
        "rechnoj_patrul",
        "Замечен дрон над плотиной, высота около ста метров.",
        owes="operator",
        held=Held.FLOOD,
    ),
    post(15.9, "sich_varta", "Хто тримає тил — дякуємо. Збір закрито за дві доби!"),
    post(16.3, "river_watch_en", "Visibility improving, fog lifts from the east bank."),
    post(16.7, "verbivka_info", "Хліб привезли у магазин біля пошти."),
    post(17.1, RAIL, "Потяг 117 відправлено.", name="train"),
    cut(18.0, ACCOUNT_PHONE, 2.5),
    post(
        18.3,
        "verbivka_info",
        "У Вербівку заїхала пожежна колона, дорогу перекрито.",
        owes="reporter",
        held=Held.CUT,
    ),
    post(18.5, "svodka_juga", "Сирены стихли. Отбой пока не объявлен."),
    post(
        18.7,
        "front_dispatch",
        "A drone fell on a warehouse roof and did not explode.",
        owes="operator",
        held=Held.CUT,
    ),
    edit(
        18.9,
        "ferry",
        "The ferry crossing at the old mill is open again for cars, not for trucks.",
        held=Held.CUT,
    ),
    post(19.1, "tyl_i_front", "Ремонтники дісталися підстанції, роботи на дві години."),
    delete(19.3, "air_defence", held=Held.CUT),
    post(19.5, "sich_varta", "Без зв'язку на двох постах, працюємо через запасний канал."),
    post(
        19.7,
        "rechnoj_patrul",
        "Приказ начальника порта: суда свыше 20 тонн стоят до отбоя.",
        owes="archivist",
        held=Held.CUT,
    ),
    post(19.9, RAIL, "Резервний тепловоз подано на другу колію."),
    post(20.1, "river_watch_en", "Sirens off on the east bank, shops reopen."),
    post(21.5, "svodka_juga", "Отбой воздушной тревоги по области."),
    post(22.0, "verbivka_info", "Відбій тривоги. Бережіть себе."),
    post(22.5, "front_dispatch", "All clear in the region as of 09:40."),
    post(
        23.0,
        "obl_admin_demo",
        "Центр допомоги переїхав до бібліотеки, вхід з двору.",
    ),
    post(
        23.5,
        "tyl_i_front",
        "Рятувальники: на вулиці Портовій знайшли двох живих людей.",
        name="survivors",
    ),
    post(24.0, "sich_varta", "Ранок переможний: п'ять із п'яти."),
    post(
        24.5,
        "rechnoj_patrul",
        "Продолжение: проход для лодок открыт, порядок прежний.",
        reply_to="pontoon",
    ),
    post(25.0, RAIL, "⚠️ код червоний на східному плечі, усім бригадам зупинитися", owes="operator"),
    post(25.4, RAIL, "Червоний код знято? Ні, чекаємо на диспетчера."),
)

THIRD = (
    post(26.2, "nichne_nebo", "Небо над областю спостерігаємо й удень. Вітаємо нових читачів."),
    post(
        26.7,
        "nichne_nebo",
        "Два дрони з півдня, курс на Гаванськ.",
        name="two_drones",
        owes="operator",
    ),
    edit(
        27.2,
        "survivors",
        "Рятувальники: живих людей знайшли не на Портовій, а на околиці Вербівки.",
        owes="reporter",
    ),
    post(27.6, "svodka_juga", "Вода в посёлке будет после шести вечера."),
    forward(28.0, "front_dispatch", "two_drones"),  # the operator has this one already
    post(28.4, "river_watch_en", "Barge secured, tow expected by noon."),
    post(
        28.9,
        "verbivka_info",
        "ВЕРБІВКА, світло повертають по черзі: спершу лікарня, потім школа.",
        owes="reporter",
    ),
    post(
        29.4,
        "tyl_i_front",
        "Переправу через затоку відкриють о дванадцятій, черга вже понад кілометр.",
        owes="archivist",
    ),
    post(29.8, RAIL, "Східне плече відкрито, рух за графіком."),
    edit(
        30.3,
        "evacuation",
        "У Гаванську евакуацію мешканців завершено, вивезли 214 людей.",
    ),
    post(30.7, "sich_varta", "Обід за розкладом. Тримаємося."),
    post(
        31.2,
        "front_dispatch",
        "Residents of Verbivka describe a long night: \u201cwe counted to forty\u201d.",
        owes="reporter",
    ),
    post(31.7, "svodka_juga", "Итог утра: пострадавших нет, повреждены две крыши."),
    post(
        32.2,
        "nichne_nebo",
        "Відбій. Останній безпілотник зник з екрана о 10:12.",
        owes="operator",
    ),
    post(32.6, "rechnoj_patrul", "Дежурство сдал, дежурство принял."),
    post(
        33.0,
        "river_watch_en",
        "A decree on river traffic is expected this afternoon.",
        owes="archivist",
    ),
    post(33.4, "obl_admin_demo", "Дякуємо всім службам за злагоджену роботу."),
    post(33.8, "verbivka_info", "Кіт Маршал знайшовся! Дякуємо небайдужим."),
)

MORNING = Story(CHANNELS, (REPORTER, OPERATOR, ARCHIVIST), FIRST, SECOND, THIRD)

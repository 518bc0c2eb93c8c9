"""The static site, driven in a headless Chromium as a reader opens it: from a folder."""

from __future__ import annotations

import importlib.resources
import io
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from filled import NOW, Archive
from PIL import Image
from test_exports import HOSTILE, filled, written

from bot.collect.media.keeping import put
from bot.publish.exports.site.posts import compared
from bot.publish.search import Wanted, search
from storage import media
from storage.folder import DataFolder
from storage.records import Attachment, FetchedBy, Has, MediaState, NewMedia, StoredFile

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
DOCS = Path(__file__).parents[2] / "docs" / "pictures"
needs_browser = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="no Chromium with its driver: apt-get install chromium chromium-driver",
)


@pytest.fixture
async def site(archive: Archive, tmp_path) -> Path:
    await filled(archive)
    await archive.post("kanal_y", [f"пожежа номер {n} на складі" for n in range(250)], first=10)
    return await written(archive, tmp_path / "site", format="html")


@pytest.fixture
async def pictured(archive: Archive, tmp_path) -> Path:
    """A site with a picture, a file that is no picture, and one that was not fetched."""
    await filled(archive)
    folder = DataFolder(tmp_path / "held")
    by = FetchedBy(None, NOW)
    for number, kind, content in ((1, Has.PHOTO, photo()), (4, Has.DOCUMENT, b"x" * 2000)):
        part = tmp_path / "part"
        part.write_bytes(content)
        file = put(folder, part, "image/png")
        await attach(archive, number, kind, file, by)
    await attach(archive, 5, Has.VIDEO, None, by)
    return await written(archive, tmp_path / "site", format="html", media=folder)


def photo() -> bytes:
    made = io.BytesIO()
    Image.effect_noise((1200, 800), 60).save(made, "PNG")
    return made.getvalue()


async def attach(archive: Archive, number: int, kind: Has, file: StoredFile | None, by: FetchedBy):
    channel = archive.channels["kanal_x"]
    length = file.length if file else 5_000_000
    shown = Attachment(number, 5, b"", 2, kind, "a/b", '../"><b>.png', length, "x")
    async with archive.database.transaction() as connection:
        post, revision = await media.shown_by(connection, channel, number)
        state = MediaState.WANTED if file else MediaState.REFUSED
        reason = None if file else "too large"
        new = NewMedia(post, channel, number, revision, shown, state, reason)
        await media.add(connection, [new], NOW)
        if file:
            (noted,) = await media.of_messages(connection, channel, [number])
            await media.held(connection, noted, file, by)


@pytest.fixture
def browser():
    from selenium import webdriver  # noqa: PLC0415  # few tests need it
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415  # the same

    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for said in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(said)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service(DRIVER)
    started = webdriver.Chrome(options=options, service=service)
    yield started
    started.quit()


def opened(browser, path: Path, *, dark: bool = False, width: int = 1000, height: int = 900):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    browser.get(path.as_uri())
    return browser


def waited(browser, claim):
    from selenium.webdriver.support.ui import WebDriverWait  # noqa: PLC0415  # as above

    return WebDriverWait(browser, 30).until(lambda _: claim())


def faults(browser) -> list[str]:
    """What axe finds wrong with the page as it is."""
    axe = importlib.resources.files("axe_core_python").joinpath("axe.min.js").read_text()
    browser.execute_script(axe)
    answer = browser.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run().then(found => done(JSON.stringify(found.violations)));"
    )
    return [
        f"{item['id']}: {node['html']}" for item in json.loads(answer) for node in item["nodes"]
    ]


@needs_browser
async def test_the_site_is_searched_and_paged_and_asks_nobody_for_anything(site, browser):
    opened(browser, site / "index.html")
    browser.find_element("id", "words").send_keys("пожежею номери 24*\n")
    waited(browser, lambda: browser.find_elements("id", "count"))
    assert browser.find_element("id", "count").text == "11 posts found"  # 24 and 240 to 249
    browser.find_elements("css selector", "#found a")[0].click()
    waited(browser, lambda: browser.find_elements("css selector", "article"))
    assert browser.current_url.endswith("#m259")
    assert "номер 249" in browser.find_element("id", "m259").text
    back = browser.find_element("css selector", "a[rel=prev]")
    before = browser.current_url
    back.click()
    waited(browser, lambda: browser.current_url != before)
    assert len(browser.find_elements("css selector", "article")) == 100
    asked = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    addresses = [
        event["params"]["request"]["url"]
        for event in asked
        if event["method"] == "Network.requestWillBeSent"
    ]
    assert addresses
    assert all(address.startswith(("file:", "data:")) for address in addresses), addresses
    complaints = [e for e in browser.get_log("browser") if e["level"] == "SEVERE"]
    assert not [e for e in complaints if "search/w-" not in e["message"]], complaints


SAID = [
    "Ракета впала на завод", "Збито дві ракети", "ракетами вдарили по місту", "ракетка для тенісу",
    "Сталь виплавили", "стали говорити", "Залужний приїхав", "Розмова із Залужним", "п'ять осіб",
    "Взрыв прогремел", "после взрыва начался пожар", "Всё ещё горит", "пожежею знищено склад",
    "Attacked at night", "Two attacks", "the attacker fled", "Children ran", "a child cried",
    "Т-90М підбито", "Харків тримається", "у Харкові гучно", "харківський трамвай",
]  # fmt: skip
QUERIES = (
    *("ракета", "ракетами", "ракетка", "сталь", "Залужний", "п'ять", "п\u2019ятьма", "взрыв"),
    *("взрывами", "пожежа", "пожежі", "attack", "attacks", "attacking", "child", "children"),
    *("Харків", "харкову", "ґрунт", "гореть", "місто", "ракет*", "хар*", "т90м"),
)


@needs_browser
async def test_a_word_is_found_in_the_forms_that_searching_the_archive_finds(
    archive, tmp_path, browser
):
    await archive.add_channel("kanal_z")
    await archive.post("kanal_z", SAID)
    opened(browser, await written(archive, tmp_path / "site", format="html") / "index.html")
    box = browser.find_element("id", "words")
    for query in QUERIES:
        found = await search(archive.database, Wanted(query, limit=100))
        browser.execute_script("document.getElementById('found').replaceChildren();")
        box.clear()
        box.send_keys(f"{query}\n")
        waited(browser, lambda: browser.find_elements("id", "count"))
        count = browser.find_element("id", "count").text
        assert count.startswith(f"{len(found.found)} posts found"), (query, count)
        assert found.found or query == "ґрунт", query


@needs_browser
async def test_what_nobody_wrote_is_found_nowhere(site, browser):
    opened(browser, site / "index.html")
    browser.find_element("id", "words").send_keys("qzxw\n")
    waited(browser, lambda: browser.find_elements("id", "count"))
    assert browser.find_element("id", "count").text == (
        "0 posts found. For words that begin so, write qzxw*"
    )


@needs_browser
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("page", ["index.html", "c1/index.html", "c1/00001.html"])
async def test_pages_are_accessible_and_fit_a_small_telephone(site, browser, page, dark):
    opened(browser, site / page, dark=dark, width=360, height=740)
    for details in browser.find_elements("css selector", "summary"):
        details.click()
    assert faults(browser) == []
    wide = browser.execute_script("return document.documentElement.scrollWidth")
    assert wide <= 360
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    assert (max(map(int, re.findall(r"\d+", ground))) < 128) is dark


@needs_browser
async def test_pictures_are_small_on_the_page_and_open_whole(pictured, browser):
    opened(browser, pictured / "c1/00001.html", width=360, height=740)
    image = browser.find_element("css selector", "#m1 .file img")
    browser.execute_script("arguments[0].scrollIntoView()", image)
    waited(browser, lambda: image.get_property("complete") and image.get_property("naturalWidth"))
    assert image.get_property("naturalWidth") == 480
    assert image.get_attribute("alt").startswith("photo, ")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    assert faults(browser) == []
    assert "2.0 kB" in browser.find_element("css selector", "#m4 .file a").text
    assert "too large" in browser.find_element("id", "m5").text
    browser.get(browser.find_element("css selector", "#m1 .file a").get_attribute("href"))
    assert browser.find_element("tag name", "img").get_property("naturalWidth") == 1200


@needs_browser
async def test_hostile_text_is_shown_and_not_obeyed(site, browser):
    opened(browser, site / "c1" / "00001.html")
    shown = [item.text for item in browser.find_elements("css selector", "article .text")]
    assert HOSTILE[7] in shown
    assert browser.execute_script("return document.querySelectorAll('article script').length") == 0
    edited = browser.find_element("id", "m2")
    edited.find_element("css selector", "summary").click()
    assert edited.find_element("css selector", "del").text == HOSTILE[1]
    assert edited.find_element("css selector", "ins").text == "виправлено"


@needs_browser
@pytest.mark.skipif("EARSHOT_PICTURES" not in os.environ, reason="EARSHOT_PICTURES is not set")
async def test_pictures_for_the_documents(site, browser):
    DOCS.mkdir(exist_ok=True)
    opened(browser, site / "c1" / "00001.html", width=900, height=700)
    browser.find_element("css selector", "#m2 summary").click()
    browser.save_screenshot(str(DOCS / "site-light.png"))
    opened(browser, site / "index.html", dark=True, width=360, height=640)
    browser.find_element("id", "words").send_keys("пожежа\n")
    waited(browser, lambda: browser.find_elements("css selector", "#found li"))
    browser.save_screenshot(str(DOCS / "site-dark-360.png"))


async def test_no_page_names_another_place_to_load_from(site):
    for page in site.rglob("*.html"):
        text = page.read_text()
        assert not re.search(
            r"<(?:script|img|iframe|link)[^>]+(?:src|href)=\"?(?:https?:)?//", text
        )
        assert "<script>alert" not in text
        assert "javascript:" not in text


@pytest.mark.parametrize(
    ("before", "after"),
    [("", "a"), ("one two", "one three two"), ("слово, слово", "слово слово"), ("a" * 9000, "b")],
)
def test_a_comparison_holds_both_states_whole(before, after):
    pieces = list(compared(before, after))
    assert "".join(p.text for p in pieces if p.change != "added") == before
    assert "".join(p.text for p in pieces if p.change != "removed") == after

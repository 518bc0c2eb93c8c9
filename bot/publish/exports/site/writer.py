"""Posts → pages: a hundred posts each, an index a channel, an index of all, and the search."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.publish.exports.site.posts import ShownPost, clean, shown
from bot.publish.exports.site.words import Words, script_json
from storage.records import Channel
from storage.records.exporting import Exported, ExportedAs

_POSTS_A_PAGE = 100
_BUILDING = ".building"
_ASSETS = ("style.css", "search.js")


@dataclass(frozen=True, slots=True)
class _Page:
    path: str  # from the site's root
    first: str
    last: str
    months: tuple[str, ...]
    posts: int


@dataclass(slots=True)
class _Home:
    """A channel as the site shows it."""

    name: str
    title: str
    folder: str
    pages: list[_Page] = field(default_factory=list)

    @property
    def posts(self) -> int:
        return sum(page.posts for page in self.pages)


class Site:
    """Writes the site; see `formats.Writer`. Pages name one another, so it begins anew."""

    def __init__(self, path: Path, about: ExportedAs, _good: int, _channel: int) -> None:
        path.mkdir(exist_ok=True)  # copied media may be there
        self._root = path
        self._about = about
        self._words = Words(path / "search", path / _BUILDING)
        self._homes: list[_Home] = []
        self._home: int | None = None
        self._held: list[ShownPost] = []
        self._pages = 0
        environment = Environment(
            loader=PackageLoader("bot.publish.exports.site"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._page = environment.get_template("page.html")
        self._channel_page = environment.get_template("channel.html")
        self._index = environment.get_template("index.html")

    def add(self, revisions: Sequence[Exported]) -> None:
        """Show a post."""
        home = revisions[0].channel
        if home.id != self._home:
            self._close_channel()
            self._open_channel(home)
        if len(self._held) == _POSTS_A_PAGE:
            self._write_page(has_next=True)
        post = shown(revisions)
        self._held.append(post)
        self._words.add(post.text, self._pages, post.anchor, post.day)

    def saved(self) -> int:
        """Give nothing: it begins anew."""
        return 0

    def finish(self) -> None:
        """Write what names all pages."""
        self._close_channel()
        self._words.finish()
        shutil.rmtree(self._root / _BUILDING)
        pages = [[page.path, home.name] for home in self._homes for page in home.pages]
        self._write("search/pages.js", f"earshotPages({script_json(pages)});\n")
        self._write(
            "index.html",
            self._index.render(
                homes=self._homes, about=self._about, posts=self._words.posts, root=""
            ),
        )
        for name in _ASSETS:
            source = files("bot.publish.exports.site").joinpath("assets", name)
            self._write(name, source.read_text(encoding="utf-8"))

    def abandon(self) -> None:
        """Leave it as it is."""
        self._held.clear()

    def _open_channel(self, home: Channel) -> None:
        name, title = clean(home.name), clean(home.title or home.name)
        self._home = home.id
        self._homes.append(_Home(name, title, f"c{home.id}"))
        (self._root / f"c{home.id}").mkdir()

    def _close_channel(self) -> None:
        if self._home is None:
            return
        self._write_page(has_next=False)
        home = self._homes[-1]
        months: dict[str, _Page] = {}
        for page in home.pages:
            for month in page.months:
                months.setdefault(month, page)
        text = self._channel_page.render(home=home, months=months, root="../", about=self._about)
        self._write(f"{home.folder}/index.html", text)

    def _write_page(self, *, has_next: bool) -> None:
        home, posts = self._homes[-1], self._held
        number = len(home.pages) + 1
        months = tuple(dict.fromkeys(post.month for post in posts))
        page = _Page(_name(home, number), posts[0].day, posts[-1].day, months, len(posts))
        home.pages.append(page)
        text = self._page.render(
            home=home,
            page=page,
            number=number,
            posts=posts,
            before=_name(home, number - 1) if number > 1 else "",
            after=_name(home, number + 1) if has_next else "",
            root="../",
        )
        self._write(page.path, text)
        self._pages += 1
        self._held = []

    def _write(self, path: str, text: str) -> None:
        (self._root / path).write_text(text, encoding="utf-8", errors="replace")


def _name(home: _Home, number: int) -> str:
    return f"{home.folder}/{number:05}.html"

"""Reading a page as a browser does: its links, its controls, and what would break the content security policy."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
VOID |= {"path", "rect", "circle", "line", "polyline"}  # of SVG: closed or not, they hold nothing
CONTROLS = {"input", "select", "textarea"}


@dataclass
class Page:
    """What was found in one page."""

    title: str = ""
    links: list[str] = field(default_factory=list)
    headings: int = 0
    faults: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.open: list[str] = []
        self.classes: list[str] = []  # of the open ones
        self.controls: list[dict[str, str]] = []
        self.labelled: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "table" and self.classes[-1:] != ["scroll"]:
            self.page.faults.append("a table does not scroll in itself: on a phone the whole card would")
        if tag not in VOID:
            self.open.append(tag)
            self.classes.append(given.get("class", ""))
        self._policy(tag, given)
        if "id" in given:
            self.page.ids.append(given["id"])
        if tag == "a" and "href" in given:
            self.page.links.append(given["href"])
        if tag == "h1":
            self.page.headings += 1
        if tag == "label":
            self.labelled.add(given.get("for", ""))
        if tag in CONTROLS and given.get("type") not in ("hidden", "submit"):
            self.controls.append(given)

    def _policy(self, tag: str, given: dict[str, str]) -> None:
        inline = [name for name in given if name == "style" or (name.startswith("on") and name != "on")]
        inline += [name for name in given if name == "hx-on" or name.startswith("hx-on:")]
        self.page.faults += [f"{tag} has {name}=" for name in inline]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.page.faults.append(f"inline {tag}")
        if given.get("href", "").startswith("javascript:"):
            self.page.faults.append("a javascript: link")

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        self.classes[-1:] = []
        if not self.open or self.open.pop() != tag:
            self.page.faults.append(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["title"] and "svg" not in self.open:
            self.page.title += data


def read(html: str) -> Page:
    """The page in `html`; `faults` say what is wrong with it."""
    reader = _Reader()
    reader.feed(html)
    page = reader.page
    page.faults += [f"<{tag}> is not closed" for tag in reader.open]
    named = reader.labelled
    page.faults += [
        f"{control.get('name')} has no label"
        for control in reader.controls
        if control.get("id") not in named and "aria-label" not in control
    ]
    page.faults += sorted({f"id {one} twice" for one in page.ids if page.ids.count(one) > 1})
    return page

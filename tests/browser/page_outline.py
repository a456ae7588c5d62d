"""What a page is made of, read from its HTML as it was sent."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset(
    {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
UNSEEN = frozenset({"script", "style", "template"})
SPOKEN = ("alt", "aria-label", "data-confirm", "data-label", "placeholder", "title")
"""Attributes whose value somebody reads or hears."""
POINTING = ("aria-controls", "aria-describedby", "aria-labelledby", "for", "form", "list", "popovertarget")
"""Attributes that name other elements by their id."""


@dataclass
class Outline(HTMLParser):
    """The words, headings, ids and elements of a page. `elements` says of each its own tag, classes and
    attributes, and those of what it stands in: two pages of the same elements look and work alike."""

    html: str
    words: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    pointed_at: set[str] = field(default_factory=set)
    elements: set[tuple[str, str]] = field(default_factory=set)
    skips_to: str = ""

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[tuple[str, str]] = []
        self._foreign: list[bool] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        looks = f"{tag}.{given.get('class', '')} {given.get('type', '')} {' '.join(sorted(given))}"
        self.elements.add((self._open[-1][1] if self._open else "", looks))
        self.words += [given[name] for name in SPOKEN if given.get(name)]
        self.pointed_at.update(word for name in POINTING if name in given for word in given[name].split())
        if "id" in given:
            self.ids.append(given["id"])
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))
        if given.get("class") == "skip":
            self.skips_to = given["href"].removeprefix("#")
        if tag not in VOID:
            self._open.append((tag, looks))
            self._foreign.append("lang" in given and tag != "html")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open:  # what was left open ends with what it stands in
            self._foreign.pop()
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        unseen = any(tag in UNSEEN for tag, _looks in self._open) or any(self._foreign)
        if data.strip() and not unseen:
            self.words.append(" ".join(data.split()))

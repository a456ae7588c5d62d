"""What a browser would send for a page's form that nobody touched."""

from html.parser import HTMLParser

UNSENT = {"submit", "button", "reset", "file", "image"}


class Sheet(HTMLParser):
    """Reads the form with the class `record-form`; `pairs` are its name-value pairs, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pairs: list[tuple[str, str]] = []
        self._inside = self._template = False
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._area: list[str] | None = None
        self._area_name = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self._inside = "record-form" in (given.get("class") or "")
        elif tag == "template":
            self._template = True
        if not self._inside or self._template:
            return
        name, value = given.get("name") or "", given.get("value")
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in UNSENT or (kind in {"checkbox", "radio"} and "checked" not in given):
                return
            self.pairs.append((name, value if value is not None else "on" if kind == "checkbox" else ""))
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option":
            self._options.append((value or "", "selected" in given))
        elif tag == "textarea":
            self._area, self._area_name = [], name

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "template":
            self._template = False
        elif tag == "select" and self._select:
            chosen = [value for value, selected in self._options if selected]
            self.pairs.append((self._select, chosen[-1] if chosen else self._options[0][0]))
            self._select = None
        elif tag == "textarea" and self._area is not None:
            text = "".join(self._area).replace("\r\n", "\n").replace("\r", "\n")
            text = text[1:] if text.startswith("\n") else text
            self.pairs.append((self._area_name, text.replace("\n", "\r\n")))
            self._area = None

    def sent(self, **changed: str | list[str] | None) -> dict[str, list[str]]:
        """The pairs, with some changed; None is not sent at all."""
        found: dict[str, list[str]] = {}
        for name, value in self.pairs:
            found.setdefault(name, []).append(value)
        for name, new in changed.items():
            if new is None:
                found.pop(name, None)
            else:
                found[name] = new if isinstance(new, list) else [new]
        return found

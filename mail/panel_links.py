"""The panel as a mail speaks of it: where it is, and how whoever reads the mail reads."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bson import ObjectId

from language.translate import ZONES


@dataclass(frozen=True)
class Panel:
    """Where people reach the panel, if that is known; language and zone of whom nothing else is known."""

    address: str | None = None
    language: str = "en"
    zone: str = "Asia/Shanghai"

    def zone_of(self, language: str) -> ZoneInfo:
        return ZoneInfo(ZONES.get(language, self.zone))

    def url(self, path: str) -> str | None:
        """The whole address of a page; None where nobody said where the panel is."""
        return f"{self.address.rstrip('/')}{path}" if self.address else None

    def record_url(self, collection: str, record: ObjectId) -> str | None:
        return self.url(f"/admin/{collection}/details/?id={record}")


_panel = Panel()


def use(panel: Panel) -> None:
    """Let mails speak of this panel from now on."""
    global _panel  # noqa: PLW0603 — one panel a process, handed over once by app.py
    _panel = panel


def panel() -> Panel:
    return _panel

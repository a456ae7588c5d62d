"""The panel as a mail speaks of it: where it is, and how whoever reads the mail reads."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from bson import ObjectId

from language.languages import Language


@dataclass(frozen=True)
class PanelLinks:
    """Where people reach the panel, if that is known; language and zone of whom nothing else is known."""

    address: str | None = None
    language: str = "en"
    zone: str = "Asia/Shanghai"

    def zone_of(self, language: str) -> ZoneInfo:
        return Language.named(language).zone_or(self.zone)

    def url(self, path: str) -> str | None:
        """The whole address of a page; None where nobody said where the panel is."""
        return f"{self.address.rstrip('/')}{path}" if self.address else None

    def record_url(self, collection: str, record: ObjectId) -> str | None:
        return self.url(f"/admin/{collection}/details/?id={record}")

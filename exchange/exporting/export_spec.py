"""What an export is to hold: the records of a selection, some of their columns, in somebody's words."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from mongoengine import DictField, EmbeddedDocumentField, ListField

from documents.privacy import consent_history
from exchange.bulk.bulk_actions import Selection
from exchange.exporting.row_formatter import ExportLabels, RowFormatter
from language.words import N_, Choice
from records.declaration.purpose import NEED_CONSENT, Purpose
from records.declaration.record import Governed
from records.lists.paging import Order
from records.storage.database import database

BATCH = 1_000


class ExportFormat(Choice):
    """What file an export becomes."""

    CSV = "csv", N_("CSV, for any program")
    XLSX = "xlsx", N_("Excel")


TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class ExportSpec:
    """One export. Personal columns are in it in the clear: whether they may be is asked before."""

    selection: Selection
    columns: tuple[str, ...]
    wording: ExportLabels
    order: str
    form: ExportFormat
    purpose: Purpose | None = None
    """What personal columns are taken out for; who has not consented to a use that needs it is left out."""

    @property
    def personal(self) -> bool:
        return not self.selection.kind.personal().keys().isdisjoint(self.columns)

    def batches(self, size: int = BATCH) -> Iterator[list[list[Any]]]:
        """The values of the records, row by row, in batches: texts, numbers and local times."""
        kind = self.selection.kind
        values = RowFormatter(kind, self.columns, self.wording, self.selection.zone)
        fields = values.fields | {name: 1 for name in [_subject(kind)] if name}
        order = Order.of(self.order)
        direction = -1 if order.descending else 1
        keys = [] if order.field == "_id" else [(order.field, direction)]
        stored = database()[kind.collection_name()]
        local = stored.codec_options.with_options(tzinfo=values.zone)  # the driver's decoder is the quicker
        cursor = (
            stored.with_options(local)
            .find(self.selection.where(), fields)
            .sort([*keys, ("_id", direction)])
            .batch_size(size)
        )
        with cursor:
            while rows := list(islice(cursor, size)):
                yield values.of(self._lawful(rows))

    def _lawful(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of a batch whose persons have consented, where the purpose needs it; one query."""
        if self.purpose not in NEED_CONSENT or not self.personal:
            return rows
        subject = _subject(self.selection.kind)
        people = {person for row in rows if (person := row.get(subject))}
        allowed = consent_history.consenting_users(people, Purpose(self.purpose), self.selection.at)
        return [row for row in rows if row.get(subject) in allowed]

    def stored(self) -> dict[str, Any]:
        """This plan as plain data, to be read back by `read`."""
        return {
            "selection": self.selection.stored(),
            "columns": list(self.columns),
            "wording": asdict(self.wording),
            "order": self.order,
            "form": self.form.value,
            "purpose": self.purpose.value if self.purpose else None,
        }

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> "ExportSpec":
        return cls(
            Selection.read(stored["selection"]),
            tuple(stored["columns"]),
            ExportLabels(**stored["wording"]),
            stored["order"],
            ExportFormat(stored["form"]),
            Purpose(stored["purpose"]) if stored.get("purpose") else None,
        )


def _subject(kind: type[Governed]) -> str:
    """Where a stored row says whose data it is; "" where nobody is known."""
    subject = kind.policy.subject
    if subject is None:
        return ""
    return "_id" if subject == "self" else kind._fields[subject].db_field


def columns_of(kind: type[Governed]) -> dict[str, bool]:
    """The columns an export of a kind can have, in the order of its pages, and whether each is there
    unless somebody says otherwise: what is personal, and what is many things in one, is not."""
    named = [name for _title, names in kind.policy.sections for name in names if name in kind._fields]
    rest = [name for name, one in kind._fields.items() if not getattr(one, "internal", False)]
    personal = kind.personal()
    return {
        name: name not in personal and not _is_many(kind._fields[name])
        for name in dict.fromkeys([kind.policy.label, *named, *rest])
        if name != "id"
    }


def _is_many(one: Any) -> bool:
    inner = one.field if isinstance(one, ListField) else one
    return isinstance(inner, EmbeddedDocumentField | DictField)

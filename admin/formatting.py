"""How stored values look to the reader: translated, in their zone, masked where personal."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bson import ObjectId
from mongoengine import (
    BooleanField,
    DateTimeField,
    DecimalField,
    DictField,
    EmbeddedDocumentField,
    FloatField,
    IntField,
    ListField,
)
from mongoengine.base import BaseField

from admin.author_names import author
from admin.i18n import gettext as _
from admin.rule_labels import rule_said
from documents.deadlines.deadline_record import DeadlineStatus, deadline_status
from documents.tickets.redaction import blacked_out
from language.words import N_
from records.declaration.fields import (
    AuthorField,
    Encrypted,
    EncryptedStringField,
    FieldNamesField,
    RecordLabelField,
    ReferenceIdField,
    RuleNameField,
    TranslatableField,
)
from records.declaration.policy import Fate, Mask
from records.declaration.record import Governed
from records.declaration.registry import by_collection
from records.lists import reference_labels
from records.storage import keys

Row = Mapping[str, Any]
EXCERPT = 90
TONES = {
    DeadlineStatus.OVERDUE: "overdue",
    DeadlineStatus.AT_RISK: "risk",
    DeadlineStatus.KEPT: "done",
    DeadlineStatus.LATE: "muted",
    DeadlineStatus.AHEAD: None,
}
STAYED = {"held": N_("Kept by a legal hold"), "arrived": N_("Came meanwhile and was kept aside")}
"""Why records of an erased person stayed, as a deletion request counts them."""
SAYING: dict[type, Callable[[str], str]] = {
    AuthorField: author,
    RuleNameField: rule_said,
    TranslatableField: _,
}
"""What puts the stored words of a field into the reader's."""


class Cell(NamedTuple):
    """One value of a record as it is shown: what it says, what it is, how it stands, and where it leads."""

    text: str
    kind: str = "text"
    tone: str | None = None
    title: str | None = None
    url: str | None = None


EMPTY = Cell("", "empty")


def masked(text: str, mask: Mask) -> str:
    """Return what may be seen of a personal value before somebody states a reason (R8)."""
    if not text:
        return ""
    match mask:
        case Mask.NAME:
            return f"{text[0]}••"
        case Mask.EMAIL:
            name, at, domain = text.partition("@")
            return f"{name[:1]}•••{at}{domain}"
        case Mask.PHONE:
            return f"••• {text[-4:]}" if len(text) > 6 else "•••"
        case _:
            return "••••"


@dataclass
class Display:
    """The values of one kind of record as one reader sees them, during one request.

    `whole`: the reader's own page, with long texts in full; `revealed`: personal fields they
    gave a reason to see; `url_of`: where a record of a collection is shown, or None.
    """

    kind: type[Governed]
    zone: ZoneInfo
    now: datetime
    url_of: Callable[[str, ObjectId], str | None]
    whole: bool = False
    revealed: frozenset[str] = frozenset()
    names: dict[tuple[str, ObjectId], str] = field(default_factory=dict)

    def prepare(self, rows: Iterable[Row], columns: Iterable[str]) -> None:
        """Read what the rows refer to, and the keys of what is sealed in them: a query each."""
        rows, columns = list(rows), list(columns)
        wanted: dict[str, set[ObjectId]] = {}
        owners: set[ObjectId] = set()
        for name in columns:
            one = self.kind._fields[name]
            if isinstance(one, ReferenceIdField):
                wanted.setdefault(one.kind, set()).update(
                    row[one.db_field] for row in rows if row.get(one.db_field)
                )
            elif isinstance(inner := getattr(one, "field", None), ReferenceIdField):
                wanted.setdefault(inner.kind, set()).update(
                    pk for row in rows for pk in row.get(one.db_field) or ()
                )
            elif isinstance(one, EncryptedStringField):
                owners |= {Encrypted(row[one.db_field]).owner for row in rows if row.get(one.db_field)}
        self.names = reference_labels.labels(wanted)
        keys.get_keys(owners)

    def column(self, name: str) -> Callable[[Row], Cell]:
        """Return what makes the cell of one column, with all that can be known before the first row."""
        one = self.kind._fields[name]
        stored = one.db_field
        if name == "due_at" and self.kind.policy.deadlines:
            return self._due
        show = self._shower(one)
        return lambda row: show(row[stored], row) if row.get(stored) not in (None, "", []) else EMPTY

    def _shower(self, one: BaseField) -> Callable[[Any, Row], Cell]:
        if isinstance(one, EncryptedStringField):
            return self._sealed(one)
        if isinstance(one, ReferenceIdField):
            return lambda value, _row: self.reference(one.kind, value)
        if say := SAYING.get(type(one)):
            return lambda value, _row: Cell(self._cut(say(value)))
        if isinstance(one, RecordLabelField | FieldNamesField):
            say_it = name_said if isinstance(one, RecordLabelField) else fields_said
            return lambda value, row: Cell(say_it(row.get(one.register, ""), value))
        if isinstance(one, DateTimeField):
            return lambda value, _row: Cell(self.moment(value), "time")
        if isinstance(one, BooleanField):
            yes, no = _("Yes"), _("No")
            return lambda value, _row: Cell(yes if value else no, "bool")
        if isinstance(one, DecimalField):
            places = f",.{one.precision}f"
            return lambda value, _row: Cell(f"{value:{places}}", "number")
        if isinstance(one, IntField | FloatField):
            return lambda value, _row: Cell(f"{value:,}", "number")
        if isinstance(one, ListField):
            return lambda value, _row: Cell(self._list(one, value), "lines")
        if isinstance(one, DictField | EmbeddedDocumentField):
            return lambda value, _row: Cell(self._facts(one, value), "lines")
        if one.choices:
            words = choice_words(one)
            return lambda value, _row: Cell(words.get(value, value), "badge")
        return lambda value, _row: Cell(self._cut(str(value)))

    def _sealed(self, one: EncryptedStringField) -> Callable[[Any, Row], Cell]:
        mask = one.personal.mask if one.personal else Mask.OPEN
        open_to_reader = mask is Mask.OPEN or one.name in self.revealed
        collection = self.kind.collection_name()
        erased = Cell(_("(erased)"), "erased", "muted")

        def show(value: Any, row: Row) -> Cell:
            text = one.decrypt(Encrypted(value), row["_id"], collection)
            if text is None:
                return erased
            if not open_to_reader:
                return Cell(masked(text, mask), "masked", "muted")
            if one.name not in self.revealed:
                text = blacked_out(one.name, text, row.get("redactions") or ())
            return Cell(self._cut(text), "lines" if self.whole else "excerpt")

        return show

    def _due(self, row: Row) -> Cell:
        due = row.get("due_at")
        state = deadline_status(row.get("created_at"), due, row.get("closed_at"), self.now)
        if due is None and row.get("paused_at") and not row.get("closed_at"):
            return Cell(_("Paused"), "time", "muted", _("The clock stands still."))
        if due is None or state is None:
            return EMPTY
        return Cell(self.moment(due), "time", TONES[state], _(state.label))

    def reference(self, collection: str, pk: ObjectId) -> Cell:
        """A record that another refers to; one that is gone was erased."""
        label = self.names.get((collection, pk))
        if label is None:
            return Cell(_("(erased)"), "erased", "muted")
        return Cell(name_said(collection, label), "reference", url=self.url_of(collection, pk))

    def moment(self, value: datetime) -> str:
        return value.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")

    def _cut(self, text: str) -> str:
        if self.whole or len(text) <= EXCERPT:
            return text
        return text[:EXCERPT].rstrip() + "…"

    def _list(self, one: ListField, values: list[Any]) -> str:
        if isinstance(one.field, EmbeddedDocumentField):
            return "\n".join(self._entry(one.field, value) for value in values)
        if isinstance(one.field, ReferenceIdField):
            return "\n".join(self.plain(one.field, value) for value in values)
        words = choice_words(one.field) if getattr(one.field, "choices", None) else {}
        return ", ".join(str(words.get(value, value)) for value in values)

    def _entry(self, one: EmbeddedDocumentField, value: Row) -> str:
        """One embedded document in a line: its moments, then what else it says."""
        parts = []
        for inner in one.document_type._fields.values():
            stored = value.get(inner.db_field)
            if stored in (None, "") or getattr(inner, "internal", False):
                continue
            parts.append(str(self.plain(inner, stored)))
        return " · ".join(parts)

    def _facts(self, one: BaseField, value: Row) -> str:
        """What a record holds under names, a line each."""
        inner = one.document_type._fields if isinstance(one, EmbeddedDocumentField) else {}
        lines = []
        for name, stored in value.items():
            field = inner.get(name)
            label = _(field.verbose_name or name) if field else _called(name)
            words = _counted(stored) if isinstance(stored, dict) else self.plain(field, stored)
            if words:
                lines.append(_("%(name)s: %(value)s", name=label, value=words))
        return "\n".join(lines)

    def plain(self, one: BaseField, value: Any) -> str:
        """A value as words alone: for histories, exports and entries."""
        if value in (None, "", []):
            return ""
        if isinstance(value, datetime):
            return self.moment(value)
        if say := SAYING.get(type(one)):
            return say(value)
        if isinstance(one, ReferenceIdField) and isinstance(value, ObjectId):
            return self.names.get((one.kind, value)) or _("(erased)")
        if isinstance(one, ListField) and isinstance(value, list):
            return self._list(one, value)
        if isinstance(value, dict):
            return " · ".join(filter(None, (self.plain(None, item) for item in value.values())))
        if isinstance(value, list):
            return ", ".join(self.plain(None, item) for item in value)
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        return choice_words(one).get(value, str(value)) if one is not None and one.choices else str(value)


def _counted(counts: Mapping[str, Any]) -> str:
    """How many records met which fate, or are of which register."""
    return ", ".join(
        _("%(name)s: %(value)s", name=_called(name), value=count) for name, count in counts.items()
    )


def _called(name: str) -> str:
    """What figures go by that an erasure keeps: a fate, a register, or why records stayed."""
    if name in {*Fate}:
        return _(Fate(name).label)
    return _(STAYED[name]) if name in STAYED else collection_title(name)


def choice_words(one: BaseField) -> dict[str, str]:
    """The values of a field's choices, in the reader's words."""
    return {str(choice): _(getattr(choice, "label", str(choice))) for choice in one.choices or ()}


def label_of(kind: type[Governed], name: str) -> str:
    """What a field is called, in the reader's language."""
    return _(getattr(kind._fields[name], "verbose_name", None) or name)


def name_said(collection: str, label: str) -> str:
    """What a record goes by, in the reader's words where that is one of a few, such as a purpose."""
    kind = by_collection(collection)
    one = kind._fields[kind.policy.label] if kind else None
    return choice_words(one).get(label, label) if one is not None and one.choices else label


def fields_said(collection: str, names: Iterable[str]) -> str:
    """What some fields of a register are called."""
    kind = by_collection(collection)
    return ", ".join(label_of(kind, name) if kind and name in kind._fields else name for name in names)


def title_of(kind: type[Governed], row: Row) -> str:
    """What one record is called; never a masked value."""
    one = kind._fields[kind.policy.label]
    value = row.get(one.db_field)
    if value is None:
        return str(row.get("_id", ""))
    if isinstance(one, RecordLabelField):
        return name_said(row.get("register", ""), value)
    return choice_words(one).get(value, str(value))


def collection_title(collection: str) -> str:
    kind = by_collection(collection)
    return _(kind.policy.title) if kind else collection

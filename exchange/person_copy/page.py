"""The page of a copy of one's data: what we hold of a person, to read and to print, in their language."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from mongoengine import EmbeddedDocument, EmbeddedDocumentField, ListField

import runtime
from language.translate import translate
from language.words import N_
from records.declaration.fields import ReferenceIdField
from records.declaration.record import Governed
from records.declaration.registry import by_collection
from records.lists.reference_labels import RecordKey

TITLE = N_("A copy of your data")
MADE = N_("This is everything that we hold of you, as of %(moment)s. All times are those of %(zone)s.")
RIGHTS = N_("If something in it is wrong, you may ask us to correct it; you may also ask us to delete it.")
EMPTY = N_("We hold nothing of you.")
YES, NO = N_("Yes"), N_("No")
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "dl{border-top:1px solid #999;padding:.5rem 0;break-inside:avoid}dt{color:#555;font-size:.85em}"
    "dd{margin:0 0 .4rem;white-space:pre-wrap;overflow-wrap:anywhere}"
)


@dataclass(frozen=True)
class CopyPage:
    """The page in one language, made piece by piece, so that it may be long."""

    language: str

    def head(self, now: datetime) -> str:
        zone = runtime.current().panel.zone_of(self.language)
        made = translate(MADE, self.language, moment=self._moment(now), zone=zone.key)
        title = escape(translate(TITLE, self.language))
        return (
            f'<!doctype html>\n<html lang="{self.language.replace("_", "-")}"><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>{title}</title>'
            f"<style>{STYLE}</style>\n<h1>{title}</h1><p>{escape(made)}</p>"
            f"<p>{escape(translate(RIGHTS, self.language))}</p>\n"
        )

    def heading(self, kind: type[Governed]) -> str:
        return f"<h2>{escape(translate(kind.policy.title, self.language))}</h2>\n"

    def record(self, record: Governed, fields: dict[str, Any], names: Mapping[RecordKey, str]) -> str:
        """One record: what it says, field by field; what is empty is left out, and so is whose it is. What
        it refers to goes by its name among `names`."""
        facts = "".join(
            f"<dt>{escape(self._label(name, field))}</dt><dd>{escape(text)}</dd>"
            for name, field in fields.items()
            if name != record.policy.subject
            and (text := "\n".join(self._texts(self._value(record, name, field, names), field)))
        )
        return f"<dl>{facts}</dl>\n"

    def _value(self, record: Governed, name: str, field: Any, names: Mapping[RecordKey, str]) -> Any:
        value = record.subject_copy_value(name)
        if not isinstance(field, ReferenceIdField):
            return value
        kind, label = by_collection(field.kind), names.get((field.kind, value))
        return self._chosen(label, kind._fields[kind.policy.label]) if kind and label else None

    def foot(self, *, empty: bool) -> str:
        return f"<p>{escape(translate(EMPTY, self.language))}</p></html>\n" if empty else "</html>\n"

    def _label(self, name: str, field: Any) -> str:
        return translate(str(field.verbose_name or name), self.language)

    def _texts(self, value: Any, field: Any) -> Iterator[str]:
        """A value as people read it; of many, one line each."""
        if isinstance(value, list | tuple):
            inner = field.field if isinstance(field, ListField) else None
            for item in value:
                yield " · ".join(self._texts(item, inner))
        elif isinstance(value, EmbeddedDocument):
            for name, one in value._fields.items():
                if name != "by" and not getattr(one, "internal", False):
                    yield from self._texts(getattr(value, name), one)
        elif isinstance(value, dict):
            for item in value.values():
                yield from self._texts(item, None)
        elif isinstance(value, bool):
            yield translate(YES if value else NO, self.language)
        elif isinstance(value, datetime):
            yield self._moment(value)
        elif value not in (None, ""):
            yield self._chosen(value, field)

    def _chosen(self, value: Any, field: Any) -> str:
        """One of a few by its label; anything else as it is."""
        choices = () if isinstance(field, EmbeddedDocumentField) else getattr(field, "choices", None) or ()
        label = next((getattr(choice, "label", None) for choice in choices if choice == value), None)
        return translate(label, self.language) if label else str(value)

    def _moment(self, at: datetime) -> str:
        return f"{at.astimezone(runtime.current().panel.zone_of(self.language)):%Y-%m-%d %H:%M}"

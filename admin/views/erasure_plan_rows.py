"""The lines of an erasure plan, in the reader's words; none says more of the person than that it is them."""

from collections.abc import Sequence
from typing import Any

from admin.formatting import collection_title, name_said
from admin.i18n import gettext as _
from admin.pages.page import record_url
from documents.erasure import audit_redaction
from documents.erasure.erasure_plan import ErasurePlan
from documents.erasure.erasure_plan_item import Decision, ErasurePlanItem, Question
from documents.erasure.pii_scan import PersonMatcher
from language.words import N_
from records.declaration.policy import Fate
from records.declaration.registry import by_collection
from records.lists.reference_labels import labels
from records.storage.audit import AuditEntry
from records.subject_records import MatchReason, linked_users

REDACT = N_("Black out the person's name, e-mail address and phone")

Line = dict[str, Any]


def lines(plan: ErasurePlan, items: Sequence[ErasurePlanItem]) -> list[Line]:
    """What a reader sees of `items`. One query a collection."""
    wanted: dict[str, list[Any]] = {}
    for item in items:
        wanted.setdefault(item.collection, []).append(item.record)
    entries = _entries(plan, wanted.pop(audit_redaction.COLLECTION, []))
    named = labels(wanted)
    return [
        _common(item)
        | (
            entries.get(item.record, {"label": _("(erased)"), "url": None})
            if item.collection == audit_redaction.COLLECTION
            else _record(item, named.get((item.collection, item.record)))
        )
        for item in items
    ]


def _common(item: ErasurePlanItem) -> Line:
    return {
        "id": str(item.pk),
        "collection": register(item.collection),
        "texts": "",
        "found": _(MatchReason(item.found).label),
        "fate": fate(item),
        "consequence": None if item.asks == Question.TEXT else fate(item),
        "asks": _(Question(item.asks).label) if item.asks else None,
        "decision": _(Decision(item.decision).label) if item.decision else None,
    }


def _record(item: ErasurePlanItem, label: str | None) -> Line:
    kind = by_collection(item.collection)
    fields = kind._fields if kind else {}
    words = [_(getattr(fields.get(name), "verbose_name", None) or name) for name in item.residue]
    return {
        "label": name_said(item.collection, label) if label else _("(erased)"),
        "url": record_url(item.collection, item.record) if label else None,
        "texts": ", ".join(words),
    }


def _entries(plan: ErasurePlan, ids: Sequence[Any]) -> dict[Any, Line]:
    """Entries of the history, with what would be left of their words: they have no page of their own."""
    if not ids:
        return {}
    needles = PersonMatcher.of(linked_users(plan.people))
    return {
        entry.pk: {
            "label": needles.redacted(entry.reason or "") or _("(a change of an open field)"),
            "url": record_url(entry.collection, entry.record) if entry.record else None,
        }
        for entry in AuditEntry.objects(pk__in=list(ids))
    }


def register(collection: str) -> str:
    """What a register is called; the audit trail is the history of all of them."""
    return _("History") if collection == audit_redaction.COLLECTION else collection_title(collection)


def fate(item: ErasurePlanItem) -> str:
    """What is planned for one record."""
    if item.asks == Question.PERSON:
        return _("Everything about this user goes as well, if it is the same person")
    return _(Fate(item.fate).label) if item.fate else _(REDACT)

"""The one list of governed collections. Every room finds them here and nowhere else."""

import difflib
import inspect
from collections.abc import Iterable

from mongoengine import DateTimeField, EmbeddedDocumentField, ListField

from records.declaration.derived_indexes import derive_indexes
from records.declaration.policy import DeclarationError, Fate, Remind
from records.declaration.record import Governed
from records.storage.indexes import track, untrack

_governed: dict[str, type[Governed]] = {}


def register(*kinds: type[Governed]) -> None:
    """Govern these documents from now on. Raises `DeclarationError` for a declaration that does
    not hold together, naming the line. Registering one again replaces it."""
    for kind in kinds:
        for problem, word in _problems(kind):
            raise DeclarationError(f"{_line_of(kind, word)}: {kind.__name__}.policy: {problem}.")
        derive_indexes(kind)
        track(kind)
        _governed[kind.collection_name()] = kind


def unregister(kind: type[Governed]) -> None:
    """Govern this document no longer."""
    _governed.pop(kind.collection_name(), None)
    untrack(kind)


def registered() -> list[type[Governed]]:
    """Every governed document, in the order of registration."""
    return list(_governed.values())


def by_collection(name: str) -> type[Governed] | None:
    """The governed document that is kept in the collection `name`."""
    return _governed.get(name)


def kind_of(collection: str) -> type[Governed]:
    """Return the governed document of a collection. Raises `KeyError` for a name that nobody registered."""
    return _governed[collection]


def _problems(kind: type[Governed]) -> Iterable[tuple[str, str]]:
    """What is wrong with a declaration: a sentence, and the word in the source to look for."""
    if not hasattr(kind, "policy"):
        yield "is missing", "class "
        return
    policy, fields = kind.policy, kind._fields
    named = {
        "columns": policy.columns,
        "filters": policy.filters,
        "search": policy.search,
        "order": (policy.order.lstrip("-"),),
        "label": (policy.label,),
        "sections": tuple(name for _, names in policy.sections for name in names),
    }
    for word, names in named.items():
        for name in names:
            if name.split(".")[0] not in fields:
                yield f"{word} names {name!r}, which is no field{_meant(name, fields)}", name
    if policy.subject not in {None, "self"} and policy.subject not in kind.references():
        yield f"subject names {policy.subject!r}, which is no Reference field", "subject"
    if policy.keep and not isinstance(fields.get(policy.keep.after), DateTimeField):
        meant = _meant(policy.keep.after, fields)
        yield f"keep.after names {policy.keep.after!r}, which is no date field{meant}", policy.keep.after
    if policy.deadlines:
        missing = [name for name in ("due_at", "closed_at", "overdue_at") if name not in fields]
        if missing:
            yield (
                f"deadlines need the fields of documents.deadlines.deadline_record.Due; {missing[0]} is missing",
                "deadlines",
            )
        for name in policy.deadlines.by:
            if name not in fields:
                yield f"deadlines.by names {name!r}, which is no field{_meant(name, fields)}", name
    yield from _without_reminders(policy.remind, fields)
    yield from _hidden_inside(kind)
    yield from _repeated_indexes(kind)
    erases = policy.on_erasure is not Fate.RETAIN
    if erases and kind.personal() and policy.subject is None:
        yield "has personal fields, so it must say whose: subject=", "policy"


def _without_reminders(remind: Remind | None, fields: Iterable[str]) -> Iterable[tuple[str, str]]:
    """What a record must have for somebody to be reminded of it."""
    for name in ("reminded_at", "state", remind.at, remind.who or "state") if remind else ():
        if name not in fields:
            yield f"remind needs the field {name!r}, which is missing{_meant(name, fields)}", "remind"


def _hidden_inside(kind: type[Governed]) -> Iterable[tuple[str, str]]:
    """Personal fields below the top of a document, where sealing does not reach."""
    for name, field in kind._fields.items():
        embedded = field.field if isinstance(field, ListField) else field
        if isinstance(embedded, EmbeddedDocumentField) and any(
            getattr(inner, "personal", None) for inner in embedded.document_type._fields.values()
        ):
            yield f"{name} holds personal fields inside; keep them at the top, where they are sealed", name


def _repeated_indexes(kind: type[Governed]) -> Iterable[tuple[str, str]]:
    """Return indexes with the keys or the name of another one. MongoDB refuses them (codes 68, 85, 86 and 96);
    MongoEngine joins the indexes of a base class to those of a document without a word."""
    seen: dict[str, str] = {}
    for spec in kind._meta.get("index_specs", []):
        name = str(spec.get("name", ""))
        for mark in (name, str(spec["fields"])):
            if mark and mark in seen:
                yield f"meta declares the index {name or spec['fields']!r} twice; a base class has it", name
                break
            seen[mark] = name


def _meant(name: str, fields: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(fields), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _line_of(kind: type, word: str) -> str:
    """Where in the source `word` stands within the class."""
    try:
        lines, first = inspect.getsourcelines(kind)
        offset = next((i for i, line in enumerate(lines) if word in line), 0)
        return f"{inspect.getsourcefile(kind)}:{first + offset}"
    except (OSError, TypeError):
        return kind.__module__


def subject_kinds() -> list[type[Governed]]:
    """The kinds of record that are a person."""
    return [kind for kind in registered() if kind.policy.subject == "self"]


def kinds_about_subjects() -> list[type[Governed]]:
    """The kinds of record that are about a person, by reference."""
    return [kind for kind in registered() if kind.policy.subject not in {None, "self"}]

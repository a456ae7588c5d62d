"""Every index the product reads by, declared on the documents, created in one repeatable step."""

from collections.abc import Iterator
from typing import Any

from mongoengine import Document
from pymongo import IndexModel

from documents.audit import AuditEntry
from documents.declaration.registry import governed
from documents.help_answer import HelpAnswer
from documents.notice import Notice
from documents.privacy.erasure_item import ErasureItem
from documents.storage.database import create_indexes, database
from documents.storage.once import Done

COMPARED = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds")

UNGOVERNED: list[type[Document]] = [AuditEntry, Notice, Done, ErasureItem, HelpAnswer]
"""Documents with indexes that no policy speaks about; rooms above add theirs with `also`."""


def also(*kinds: type[Document]) -> None:
    """Count these documents in. Safe to repeat."""
    UNGOVERNED.extend(kind for kind in kinds if kind not in UNGOVERNED)


def ensure_indexes() -> int:
    """Create what is missing of all declared indexes; return how many are declared. Safe to repeat."""
    count = 0
    for kind in [*governed(), *UNGOVERNED]:
        collection = kind._get_collection_name()
        present = database()[collection].index_information()
        wanted = list(declared(kind))
        missing = [
            IndexModel(keys, **options)
            for keys, options in wanted
            if _differs(present.get(options["name"]), keys, options)
        ]
        if missing:
            create_indexes(collection, missing)
        count += len(wanted)
    return count


def declared(kind: type[Document]) -> Iterator[tuple[list[tuple[str, int]], dict[str, Any]]]:
    """The indexes of one document, as keys and options."""
    for spec in kind._meta.get("index_specs", []):
        options = {name: value for name, value in spec.items() if name not in {"fields", "cls"}}
        keys = list(spec["fields"])
        options.setdefault("name", "_".join(f"{key}_{order}" for key, order in keys))
        yield keys, options


def _differs(found: dict[str, Any] | None, keys: list[tuple[str, int]], options: dict[str, Any]) -> bool:
    if found is None:
        return True
    if [tuple(key) for key in found["key"]] != keys:
        return True
    return any((found.get(one) or None) != (options.get(one) or None) for one in COMPARED)

"""Every index the product reads by, declared on the documents, created in one repeatable step."""

from collections.abc import Iterator
from typing import Any, TypeVar

from mongoengine import Document
from pymongo import IndexModel

from records.storage.database import create_indexes, database

COMPARED = ("unique", "sparse", "partialFilterExpression", "expireAfterSeconds")

D = TypeVar("D", bound=type[Document])
_tracked: list[type[Document]] = []


def track(kind: D) -> D:
    """Have `ensure_indexes` create the indexes of this document; also as a class decorator. Safe to repeat."""
    if kind not in _tracked:
        _tracked.append(kind)
    return kind


def untrack(kind: type[Document]) -> None:
    """Undo `track`. Safe to repeat."""
    if kind in _tracked:
        _tracked.remove(kind)


def tracked() -> list[type[Document]]:
    """Return every tracked document, in the order of tracking."""
    return list(_tracked)


def ensure_indexes() -> int:
    """Create what is missing of all declared indexes; return how many are declared. Safe to repeat."""
    count = 0
    for kind in _tracked:
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

"""Reading stored records: whole ones as their class, or some fields of them as plain rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from mongoengine import Document

from records.storage.database import database, session

D = TypeVar("D", bound=Document)
Sort = Sequence[tuple[str, int]]


def find(kind: type[D], where: Mapping[str, Any], *, sort: Sort = (), limit: int = 0) -> list[D]:
    """Return the records of one kind that match, as the transaction under way sees them. One query.

    `sort` gives stored names with 1 or -1; without it the order is undefined. `limit` 0 means all.
    """
    return [kind._from_son(row) for row in rows(kind, where, sort=sort, limit=limit)]


def rows(
    kind: type[Document],
    where: Mapping[str, Any],
    fields: Iterable[str] = (),
    *,
    sort: Sort = (),
    limit: int = 0,
) -> list[dict[str, Any]]:
    """Return stored rows instead of records: cheaper where few fields are needed. Personal values stay encrypted.

    `fields` are stored names, "_id" always among them; none means all.
    """
    wanted = dict.fromkeys(fields, 1) or None
    found = database()[kind._get_collection_name()].find(where, wanted, session=session())
    return list((found.sort(list(sort)) if sort else found).limit(limit))

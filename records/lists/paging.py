"""Reading a list page by page, so that page 500 costs what page 1 costs, on every engine.

A page begins after the last row of the one before (its key and id, in a cursor), never after so
many rows. Large collections are read stretch by stretch (`records.lists.scan`). Rows without the key
come last in either direction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from records.lists.counts import COUNT_LIMIT, count, count_up_to, estimated_count, forget_sizes
from records.lists.cursor import BadCursor, Cursor, Order
from records.lists.scan import walk

__all__ = [
    "COUNT_LIMIT",
    "BadCursor",
    "Cursor",
    "Order",
    "Page",
    "count",
    "count_up_to",
    "estimated_count",
    "forget_sizes",
    "page",
]  # fmt: skip


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and whether there are more on either side.

    `reached` says that the page is not full because enough was looked through: there may be more rows
    beyond that place, on the side to which the page was read.
    """

    rows: list[dict[str, Any]]
    has_previous: bool
    has_next: bool
    reached: Cursor | None = None


def page(
    collection: str,
    query: Mapping[str, Any],
    order: Order,
    *,
    size: int,
    fields: Mapping[str, int] | None = None,
    after: Cursor | None = None,
    before: Cursor | None = None,
    last: bool = False,
) -> Page:
    """Read one page: the first, the one `after` or `before` a row, or the last."""
    backwards = last or before is not None
    way = order.turned() if backwards else order
    rows, reached = walk(
        collection, query, way.field, descending=way.descending, fields=fields, limit=size + 1,
        start=before if backwards else after, empty_first=backwards,
    )  # fmt: skip
    more = len(rows) > size or reached is not None
    rows = rows[:size]
    if backwards:
        return Page(rows[::-1], has_previous=more, has_next=before is not None, reached=reached)
    return Page(rows, has_previous=after is not None, has_next=more, reached=reached)

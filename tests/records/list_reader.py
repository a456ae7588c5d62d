"""Reading a list to its end, page by page."""

from bson import ObjectId

from records.lists.paging import Cursor, page


def walked(query, order, size, *, back=False) -> tuple[list[ObjectId], int]:
    """All rows of a list, going on from where each page ended or stopped short; and how many stopped."""
    found: list[ObjectId] = []
    stopped, place = 0, {"last": True} if back else {}
    for _page in range(100):
        here = page("complaints", query, order, size=size, **place)
        ids = [row["_id"] for row in here.rows]
        found = ids + found if back else found + ids
        stopped += here.reached is not None
        if not (here.has_previous if back else here.has_next):
            return found, stopped
        end = here.reached or Cursor.at(here.rows[0 if back else -1], order)
        place = {"before" if back else "after": Cursor.read(str(end))}
    raise AssertionError("this list does not end")

"""How many tickets are overdue, in the navigation and on the first page of those who oversee."""

from contextlib import suppress
from datetime import UTC, datetime

from pymongo.errors import PyMongoError

from admin.current_user import may
from documents.tickets.assignment import registers
from records.storage.database import database
from records.storage.ttl_cache import TTLCache
from security.permissions import PAGES, Action

MOST, SECONDS = 999, 10
"""More are not counted, and nothing is counted more often than that."""
_count: TTLCache[str, int] = TTLCache(maxsize=1, ttl=SECONDS)


def may_see() -> bool:
    return may(Action.VIEW, PAGES["overdue"])


def text() -> str:
    """“12”, “999+”; nothing where none is overdue, or where the database does not say."""
    if "late" not in _count:
        with suppress(PyMongoError):  # a page that says what is wrong needs no count
            now = datetime.now(UTC)
            late = {"closed_at": None, "due_at": {"$lt": now}}
            _count["late"] = sum(
                database()[kind.collection_name()].count_documents(late, limit=MOST + 1)
                for kind in registers()
            )
    count = _count.get("late", 0)
    return f"{MOST}+" if count > MOST else str(count) if count else ""

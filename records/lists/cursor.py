"""What a list is sorted by, and the place of a row in it, as an address carries it."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId
from bson.errors import InvalidId


class BadCursor(ValueError):
    """A cursor that this program did not make."""


@dataclass(frozen=True)
class Order:
    """What a list is sorted by; equal keys by id, in the same direction."""

    field: str
    descending: bool

    @classmethod
    def of(cls, text: str) -> "Order":
        return cls(text.lstrip("-"), text.startswith("-"))

    def __str__(self) -> str:
        return f"-{self.field}" if self.descending else self.field

    def turned(self) -> "Order":
        return Order(self.field, not self.descending)


@dataclass(frozen=True)
class Cursor:
    """The place of one row in an order: its key and its id."""

    key: Any
    id: ObjectId

    @classmethod
    def at(cls, row: dict[str, Any], order: Order) -> "Cursor":
        return cls(row.get(order.field) if order.field != "_id" else None, row["_id"])

    def __str__(self) -> str:
        key = {"t": self.key.isoformat()} if isinstance(self.key, datetime) else {"v": self.key}
        return base64.urlsafe_b64encode(json.dumps([key, str(self.id)]).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Read what `str` wrote. Raises `BadCursor`."""
        try:
            key, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            value = datetime.fromisoformat(key["t"]).astimezone(UTC) if "t" in key else key["v"]
            if isinstance(value, dict | list):
                raise BadCursor(text)
            return cls(value, ObjectId(pk))
        except (ValueError, TypeError, KeyError, InvalidId, RecursionError, OverflowError) as error:
            raise BadCursor(text) from error

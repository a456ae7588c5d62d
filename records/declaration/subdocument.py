"""Documents inside a record."""

from typing import Any, Self

from bson import SON
from mongoengine import EmbeddedDocument


class Subdocument(EmbeddedDocument):
    """A part of a record. What a later version, or another program, put into it is kept as it is."""

    meta = {"abstract": True, "strict": False}

    stored: dict[str, Any] | None = None
    """The part as it was read."""

    @classmethod
    def _from_son(cls, son: dict[str, Any], *args: Any, **options: Any) -> Self:
        part = super()._from_son(son, *args, **options)
        part.stored = dict(son)
        return part

    def to_mongo(self, *args: Any, **options: Any) -> SON:
        known = super().to_mongo(*args, **options)
        declared = {field.db_field for field in self._fields.values()}
        kept = {
            name: value
            for name, value in (self.stored or {}).items()
            if name not in declared or (value is None and name not in known)
        }
        return SON({**known, **kept})

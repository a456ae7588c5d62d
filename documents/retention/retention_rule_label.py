"""What a rule by which records end is called: one text in every language, stored with what it ended.

Tombstones, quarantine and the history keep it for years, so it is made of names and numbers that a page
puts into the words of its reader (`admin/rule_labels.py`), and not of those words.
"""

import re
from dataclasses import dataclass
from typing import Self

from records.declaration.policy import Keep
from records.declaration.record import Governed

BY_HAND = "deleted by hand"
REQUESTED = "deletion request"
_NAME = re.compile(
    r"(?P<register>\w+): (?:(?P<years>\d+) years)?(?: and )?(?:(?P<days>\d+) days)? after (?P<after>\w+) "
    r"\((?P<basis>.*)\)",
    re.DOTALL,
)


@dataclass(frozen=True)
class RuleName:
    """How long the records of a register are kept after which moment, and by which law."""

    register: str
    years: int
    days: int
    after: str
    basis: str

    @classmethod
    def of(cls, kind: type[Governed], keep: Keep) -> Self:
        return cls(kind.collection_name(), keep.years, keep.days, keep.after, keep.basis)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The rule that goes by a stored name; None where that is the name of none, such as a request's."""
        found = _NAME.fullmatch(text)
        if not found:
            return None
        years, days = (int(found[name] or 0) for name in ("years", "days"))
        return cls(found["register"], years, days, found["after"], found["basis"])

    def __str__(self) -> str:
        """As it is stored: "complaints: 3 years after closed_at (S0 …)"."""
        spans = [f"{self.years} years"] * bool(self.years) + [f"{self.days} days"] * bool(self.days)
        return f"{self.register}: {' and '.join(spans)} after {self.after} ({self.basis})"

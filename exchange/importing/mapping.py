"""What a mapping says: which column of a foreign file becomes which field."""

from dataclasses import dataclass
from datetime import UTC, tzinfo

from records.declaration.record import Governed

LONGEST_SOURCE = 40
"""Characters of the name of a register."""
STATE_SINCE = "state_since"
"""No field of a record: when its state was reached, where the file knows."""


@dataclass(frozen=True)
class Rule:
    """Where one field gets its value from: one column, several joined, or one value for all rows.

    `values` says what the words there mean here (casefolded; "" leaves the field empty). A word it
    does not list takes `otherwise`, also where the cell is empty; without `otherwise` it is a fault.
    """

    field: str
    columns: tuple[str, ...] = ()
    between: str = ", "
    value: str | None = None
    values: dict[str, str] | None = None
    otherwise: str | None = None


@dataclass(frozen=True)
class Mapping:
    """How the rows of a foreign file become records of `kind`.

    `source` names the register they come from and `key` the column with their number there, ""
    where it has none. `zone` holds for dates that name none, `dates` are forms of `strptime`, and
    `empty` are words that stand for nothing, casefolded.
    """

    kind: type[Governed]
    source: str
    rules: tuple[Rule, ...]
    key: str = ""
    zone: tzinfo = UTC
    dates: tuple[str, ...] = ()
    empty: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is read, once."""
        named = [column for rule in self.rules for column in rule.columns]
        return tuple(dict.fromkeys([self.key, *named] if self.key else named))

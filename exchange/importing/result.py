"""How an import went: what came in, what was here already, what was wrong and where."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bson import ObjectId

from exchange.importing.row_errors import RowError
from language.words import N_

LISTED = 10_000
"""Sentences a result holds; the counts are true beyond it."""


@dataclass
class Result:
    """Counts of rows, and what was wrong by line. `batch` is on every record that came in, as
    `import_batch`; remarks tell what was left out of rows that did come in."""

    batch: ObjectId = field(default_factory=ObjectId)
    added: int = 0
    unchanged: int = 0
    rejected: int = 0
    faults: list[tuple[int, RowError]] = field(default_factory=list)
    remarks: list[tuple[int, RowError]] = field(default_factory=list)

    def reject(self, line: int, *faults: RowError) -> None:
        """Count a row out, and say why."""
        self.rejected += 1
        self.faults += [(line, fault) for fault in faults][: LISTED - len(self.faults)]

    def remark(self, line: int, *remarks: RowError) -> None:
        """Say what was left out of a row that came in."""
        self.remarks += [(line, remark) for remark in remarks][: LISTED - len(self.remarks)]

    def counts(self) -> dict[str, int]:
        return {"added": self.added, "unchanged": self.unchanged, "rejected": self.rejected}

    def rejections(self, translate: Callable[[str], str] = str) -> Iterator[str]:
        """Each reason for which a row was rejected, as a line to print."""
        return _lines(self.faults, translate)

    def omissions(self, translate: Callable[[str], str] = str) -> Iterator[str]:
        """Each remark on a row that came in, as a line to print."""
        return _lines(self.remarks, translate)


def _lines(notes: list[tuple[int, RowError]], translate: Callable[[str], str]) -> Iterator[str]:
    for line, fault in notes:
        yield translate(N_("Line %(line)s: %(text)s")) % {"line": line, "text": fault.text(translate)}
    if len(notes) == LISTED:
        yield translate(N_("There may be more; only the first %(count)s are listed.")) % {"count": LISTED}

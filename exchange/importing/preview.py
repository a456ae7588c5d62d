"""What would become of the first rows of a file; nothing is stored."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from exchange.importing.importer import deduplicate, fresh
from exchange.importing.mapping import Mapping
from exchange.importing.row_errors import RowError
from exchange.importing.rows import ParsedRow, RowReader
from exchange.importing.table import opened

LOOKED_AT = 1_000


@dataclass(frozen=True)
class Preview:
    """The rows that would be added, what is wrong with others, and how many are here already."""

    looked_at: int
    new: list[ParsedRow]
    unchanged: int
    rejected: int
    faults: list[tuple[int, RowError]]
    remarks: list[tuple[int, RowError]]
    unread: tuple[str, ...]


def preview(path: Path, mapping: Mapping, now: datetime) -> Preview:
    """Read the first rows as an import would. Raises `ImportRefused`, and `OSError`."""
    with opened(path) as table:
        reader = RowReader(mapping, table.header, now)
        readings = list(deduplicate(reader.readings(islice(table.rows, LOOKED_AT)), mapping))
    good = [reading for reading in readings if reading.record is not None]
    new = fresh(good, mapping) if good else []
    rejected = sum(bool(reading.faults) for reading in readings)
    return Preview(
        looked_at=len(readings),
        new=new,
        unchanged=len(readings) - rejected - len(new),
        rejected=rejected,
        faults=[(reading.line, fault) for reading in readings for fault in reading.faults],
        remarks=[(reading.line, remark) for reading in good for remark in reading.remarks],
        unread=reader.unread,
    )

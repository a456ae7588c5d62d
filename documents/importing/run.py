"""Importing a file: in batches, each all or nothing, and nothing twice however often it is run.

What came in is known again by its `import_key`, a keyed hash of its number in the register it comes
from; where that has no numbers, of the whole row and of how many equal ones stand before it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pymongo
from bson.errors import BSONError
from mongoengine import ValidationError
from pymongo.errors import BulkWriteError

from documents import keys, writing
from documents.database import database
from documents.importing.faults import Fault, listed
from documents.importing.mapping import Mapping
from documents.importing.result import Result
from documents.importing.rows import Reading, RowReader
from documents.importing.table import opened
from documents.words import N_
from security.ciphers import blind

BATCH = 200
BATCH_TEXT = 4 << 20
"""Characters after which a batch is stored, however few its rows: a transaction must stay small."""
BATCH_SECONDS = 100
"""An import that was killed within a transaction holds its rows for a minute more: this waits it out."""
HEADER = 1
UNFIT = (ValidationError, writing.TakenValue, BSONError, BulkWriteError, OverflowError)
"""What storing raises when a record is at fault, and not the database."""


def import_file(
    path: Path,
    mapping: Mapping,
    *,
    now: datetime,
    dry_run: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Result:
    """Import the rows of a CSV or XLSX file; return what came of them. Safe to repeat and to break off.

    A row that is here already is left as it is. `dry_run` checks everything and stores nothing.
    `progress` hears how much of the file is read, and of how much. Raises `ImportRefused` where the
    file as a whole cannot be used, `OSError`, and what the database raises when it does not answer.
    """
    result = Result()
    with opened(path) as table:
        reader = RowReader(mapping, table.header, now)
        if reader.unread:
            message = N_("The mapping does not name these columns: %(columns)s.")
            result.remark(HEADER, Fault(message, {"columns": listed(reader.unread)}))
        readings = _told_apart((reader.read(row) for row in table.rows), mapping, result)
        for batch in _batches(readings):
            _store(batch, mapping, result, now, dry_run=dry_run)
            progress(*table.progress())
        progress(*table.progress())
    return result


def _told_apart(readings: Iterable[Reading], mapping: Mapping, result: Result) -> Iterator[Reading]:
    """Give each row its `import_key`; of rows with the same number, the first good one counts.

    About 200 bytes of each row are kept in memory.
    """
    first: dict[int, tuple[int, int]] = {}
    times: Counter[int] = Counter()
    for reading in readings:
        if reading.ticket is None:
            result.reject(reading.line, *reading.faults)
            continue
        content = _hashes(mapping.source, reading.content)[0]
        if reading.key:
            imprints = _hashes(mapping.source, "number", reading.key)
            line, before = first.setdefault(imprints[0], (reading.line, content))
            if line != reading.line:
                _count_again(reading, same=content == before, line=line, mapping=mapping, result=result)
                continue
        else:
            imprints = _hashes(mapping.source, "row", reading.content, times[content])
            times[content] += 1
        reading.ticket.import_key = imprints[0]
        reading.ticket.import_batch = result.batch
        result.remark(reading.line, *reading.remarks)
        yield replace(reading, imprints=imprints)


def _count_again(reading: Reading, *, same: bool, line: int, mapping: Mapping, result: Result) -> None:
    """Count a row whose number stood in the file before."""
    if same:
        result.unchanged += 1
    else:
        message = N_("%(columns)s: line %(line)s has the same, and says something else.")
        result.reject(reading.line, Fault(message, {"columns": listed([mapping.key]), "line": line}))


def _hashes(*parts: Any) -> tuple[int, ...]:
    text = json.dumps(["import", *parts], ensure_ascii=False)
    return tuple(blind(key, text) for key in keys.ring().blinds)


def _batches(readings: Iterable[Reading]) -> Iterator[list[Reading]]:
    batch: list[Reading] = []
    size = 0
    for reading in readings:
        batch.append(reading)
        size += len(reading.content)
        if len(batch) == BATCH or size >= BATCH_TEXT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _store(batch: list[Reading], mapping: Mapping, result: Result, now: datetime, *, dry_run: bool) -> None:
    """Store the rows that are not here yet, all at once, or one by one where one is at fault."""
    here = _here(mapping, batch)
    fresh = [reading for reading in batch if here.isdisjoint(reading.imprints)]
    result.unchanged += len(batch) - len(fresh)
    if not fresh:
        return
    try:
        if not dry_run:
            _save(fresh, mapping, now)
        result.added += len(fresh)
    except UNFIT:
        for reading in fresh:
            _store_one(reading, mapping, result, now)


def _store_one(reading: Reading, mapping: Mapping, result: Result, now: datetime) -> None:
    try:
        _save([reading], mapping, now)
        result.added += 1
    except UNFIT:
        if _here(mapping, [reading]):  # another import of the same file was quicker
            result.unchanged += 1
        else:
            result.reject(reading.line, Fault(N_("It could not be stored; it may be too large.")))


def _save(readings: list[Reading], mapping: Mapping, now: datetime) -> None:
    with pymongo.timeout(BATCH_SECONDS):
        writing.save(*map(_ticket, readings), reason=f"import: {mapping.source}", now=now)


def _here(mapping: Mapping, readings: list[Reading]) -> set[int]:
    """Which of these were imported before, in one query."""
    wanted = [imprint for reading in readings for imprint in reading.imprints]
    with pymongo.timeout(BATCH_SECONDS):
        rows = database()[mapping.kind.collection_name()].find(
            {"import_key": {"$in": wanted}}, {"import_key": 1, "_id": 0}
        )
        return {row["import_key"] for row in rows}


def _ticket(reading: Reading) -> Any:
    return reading.ticket

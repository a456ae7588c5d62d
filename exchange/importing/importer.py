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
from bson import ObjectId
from bson.errors import BSONError
from mongoengine import ValidationError
from pymongo.errors import BulkWriteError

from exchange.importing.mapping import Mapping
from exchange.importing.result import Result
from exchange.importing.row_errors import RowError, listed
from exchange.importing.rows import ParsedRow, RowReader
from exchange.importing.table import opened
from language.words import N_
from records.storage import keys, writer
from records.storage.database import database, session
from security.ciphers import blind

BATCH = 200
BATCH_TEXT = 4 << 20
"""Characters after which a batch is stored, however few its rows: a transaction must stay small."""
BATCH_SECONDS = 100
"""An import that was killed within a transaction holds its rows for a minute more: this waits it out."""
HEADER = 1
UNFIT = (ValidationError, writer.DuplicateValue, BSONError, BulkWriteError, OverflowError)
"""What storing raises when a record is at fault, and not the database."""


def import_file(
    path: Path,
    mapping: Mapping,
    *,
    now: datetime,
    dry_run: bool = False,
    batch: ObjectId | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Result:
    """Import the rows of a CSV or XLSX file; return what came of them. Safe to repeat and to break off.

    A row that is here already is left as it is. `dry_run` checks everything and stores nothing; `batch`
    is the id under which all that comes in can be taken back.
    `progress` hears how much of the file is read, and of how much. Raises `ImportRefused` where the
    file as a whole cannot be used, `OSError`, and what the database raises when it does not answer.
    """
    result = Result(batch or ObjectId())
    with opened(path) as table:
        reader = RowReader(mapping, table.header, now)
        if reader.unread:
            message = N_("The mapping does not name these columns: %(columns)s.")
            result.remark(HEADER, RowError(message, {"columns": listed(reader.unread)}))
        for rows in _batches(deduplicate(reader.readings(table.rows), mapping), result):
            _store(rows, mapping, result, now, dry_run=dry_run)
            progress(*table.progress())
        progress(*table.progress())
    return result


def deduplicate(readings: Iterable[ParsedRow], mapping: Mapping) -> Iterator[ParsedRow]:
    """Give each good row its `import_key`; of rows with the same number, the first good one counts.

    A row that says the same as an earlier one of its number comes out without record and faults.
    About 200 bytes of each row are kept in memory.
    """
    first: dict[int, tuple[int, int]] = {}
    times: Counter[int] = Counter()
    for reading in readings:
        if reading.record is None:
            yield reading
            continue
        content = _hashes(mapping.source, reading.content)[0]
        if reading.key:
            imprints = _hashes(mapping.source, "number", reading.key)
            line, before = first.setdefault(imprints[0], (reading.line, content))
            if line != reading.line:
                yield replace(
                    reading, record=None, faults=() if content == before else (_again(mapping, line),)
                )
                continue
        else:
            imprints = _hashes(mapping.source, "row", reading.content, times[content])
            times[content] += 1
        reading.record.import_key = imprints[0]
        yield replace(reading, imprints=imprints)


def _again(mapping: Mapping, line: int) -> RowError:
    message = N_("%(columns)s: line %(line)s has the same, and says something else.")
    return RowError(message, {"columns": listed([mapping.key]), "line": line})


def _hashes(*parts: Any) -> tuple[int, ...]:
    text = json.dumps(["import", *parts], ensure_ascii=False)
    return tuple(blind(key, text) for key in keys.keyring().blinds)


def _batches(readings: Iterable[ParsedRow], result: Result) -> Iterator[list[ParsedRow]]:
    """The rows to be stored, some at a time; the others are counted."""
    batch: list[ParsedRow] = []
    size = 0
    for reading in readings:
        if reading.faults:
            result.reject(reading.line, *reading.faults)
        elif reading.record is None:
            result.unchanged += 1
        else:
            reading.record.import_batch = result.batch
            result.remark(reading.line, *reading.remarks)
            batch.append(reading)
            size += len(reading.content)
        if len(batch) == BATCH or size >= BATCH_TEXT:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _store(batch: list[ParsedRow], mapping: Mapping, result: Result, now: datetime, *, dry_run: bool) -> None:
    """Store the rows that are not here yet, all at once, or one by one where one is at fault."""
    new = fresh(batch, mapping)
    result.unchanged += len(batch) - len(new)
    if not new:
        return
    try:
        if not dry_run:
            save(new, mapping, now)
        result.added += len(new)
    except UNFIT:
        for reading in new:
            _store_one(reading, mapping, result, now)


def _store_one(reading: ParsedRow, mapping: Mapping, result: Result, now: datetime) -> None:
    try:
        save([reading], mapping, now)
        result.added += 1
    except UNFIT as error:
        if not fresh([reading], mapping):  # another import of the same file was quicker
            result.unchanged += 1
        else:
            result.reject(reading.line, unstored(error, mapping))


def unstored(error: Exception, mapping: Mapping) -> RowError:
    """Why a good row could not be stored."""
    fields, named = mapping.kind._fields, {rule.field: rule.columns for rule in mapping.rules}
    if isinstance(error, writer.DuplicateValue) and error.name in named:
        message = N_("%(columns)s: another record has this already, and there may be only one.")
        return RowError(message, {"columns": listed(named[error.name])})
    wrong = next(iter(error.errors or {}), "") if isinstance(error, ValidationError) else ""
    if wrong in fields:
        columns = named.get(wrong) or (getattr(fields[wrong], "verbose_name", None) or wrong,)
        return RowError(N_("%(columns)s: what stands there does not fit."), {"columns": listed(columns)})
    return RowError(N_("It could not be stored; it may be too large."))


def save(readings: list[ParsedRow], mapping: Mapping, now: datetime) -> None:
    """Store rows that are not here yet, all or none. Raises one of `UNFIT`."""
    with pymongo.timeout(BATCH_SECONDS):
        writer.save(*map(_record, readings), reason=f"import: {mapping.source}", now=now)


def fresh(readings: list[ParsedRow], mapping: Mapping) -> list[ParsedRow]:
    """Those of `readings` that were not imported before, in one query."""
    wanted = [imprint for reading in readings for imprint in reading.imprints]
    with pymongo.timeout(BATCH_SECONDS):
        rows = database()[mapping.kind.collection_name()].find(
            {"import_key": {"$in": wanted}}, {"import_key": 1, "_id": 0}, session=session()
        )
        here = {row["import_key"] for row in rows}
    return [reading for reading in readings if here.isdisjoint(reading.imprints)]


def _record(reading: ParsedRow) -> Any:
    return reading.record

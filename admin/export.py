"""Export of a whole filter: streamed, masked unless there is a reason, harmless in a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from flask import Response, stream_with_context

from admin.display import Display, label_of
from admin.listing import Listing
from documents import writing
from documents.audit import Deed
from documents.database import database
from documents.record import Governed

FORMATS = {"csv": "CSV"}
BATCH = 500
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n")


def export(
    kind: type[Governed], listing: Listing, display: Display, form: str, *, personal: bool, reason: str
) -> Response:
    """Send every record the list has. Personal fields are left out, or with `personal` in the clear;
    either way the export is in the audit trail before the first byte leaves."""
    names = columns(kind, personal=personal)
    if personal:
        display.revealed = frozenset(kind.personal())
    writing.note(Deed.EXPORT, kind.collection_name(), reason=reason or "without personal data")
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M")
    response = Response(
        stream_with_context(_csv(kind, listing.query, display, names)), mimetype="text/csv; charset=utf-8"
    )
    response.headers["Content-Disposition"] = f"attachment; filename={kind.collection_name()}-{stamp}.{form}"
    return response


def columns(kind: type[Governed], *, personal: bool) -> list[str]:
    """The fields an export has: all that are shown, and of personal ones only those asked for."""
    return [
        name
        for name, one in kind._fields.items()
        if name != "id" and not getattr(one, "internal", False) and (personal or name not in kind.personal())
    ]


def _csv(kind: type[Governed], query: Any, display: Display, names: list[str]) -> Iterator[bytes]:
    """CSV for people and spreadsheets: a byte-order mark, so that Chinese is read as such."""
    yield "\ufeff".encode()
    yield _line([label_of(kind, name) for name in names])
    for batch in _batches(kind, query, names):
        display.prepare(batch, names)
        makers = [display.column(name) for name in names]
        yield b"".join(_line([make(row)["text"] for make in makers]) for row in batch)


def _batches(kind: type[Governed], query: Any, names: list[str]) -> Iterator[list[dict[str, Any]]]:
    fields = {kind._fields[name].db_field: 1 for name in names} | {"created_at": 1}
    cursor = database()[kind.collection_name()].find(dict(query), fields).batch_size(BATCH)
    while batch := list(islice(cursor, BATCH)):
        yield batch


def _line(values: list[str]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerow([harmless(value) for value in values])
    return buffer.getvalue().encode()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(LIVE) else text

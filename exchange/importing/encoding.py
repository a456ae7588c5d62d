"""In which encoding a text file is written, found by strict decoding and a look at the characters.

Spreadsheets of mainland China save CSV as GB18030, those of Taiwan as Big5, and bytes of one often
decode as the other. What tells them apart is that ordinary text is made of common characters: both
standards keep those in their first level, so the right reading is the one that stays within it.
"""

import codecs
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 20
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
FIRST_LEVEL = {
    "gb18030": (b"\xb0\xa1", b"\xd7\xf9"),  # GB/T 2312-1980, rows 16 to 55
    "cp950": (b"\xa4\x40", b"\xc6\x7e"),  # Big5, the frequently used characters
}
PUNCTUATION = frozenset("，。！？、；：（）《》「」『』“”‘’…—～　")
BROKEN = "surrogateescape"


def encoding_of(path: Path) -> tuple[str, str]:
    """Return the encoding of a text file and how to treat bytes that do not belong to it.

    A file that is whole in none is read as UTF-8, where `is_broken` finds the damaged places.
    """
    with path.open("rb") as file:
        start = file.read(4)
    for mark, encoding in MARKS.items():
        if start.startswith(mark):
            return encoding, BROKEN if encoding == "utf-8-sig" else "replace"
    letters, broken = _count(path)
    if letters >= broken:
        return "utf-8", BROKEN
    shares = {encoding: _common(path, encoding) for encoding in FIRST_LEVEL}
    best = max(shares, key=lambda encoding: shares[encoding])
    return (best, "strict") if shares[best] > 0.5 else ("utf-8", BROKEN)


def is_broken(text: str) -> bool:
    """Tell whether bytes went into `text` that are no characters."""
    return any("\udc80" <= character <= "\udcff" for character in text)


def _chunks(path: Path, encoding: str, errors: str = "strict") -> Iterator[str]:
    with path.open(encoding=encoding, errors=errors, newline="") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _count(path: Path) -> tuple[int, int]:
    """Return how many characters beyond ASCII, and how many broken bytes, the file has as UTF-8."""
    letters = broken = 0
    for chunk in _chunks(path, "utf-8", BROKEN):
        if not chunk.isascii():
            beyond = [character for character in chunk if character > "\x7f"]
            lost = sum("\udc80" <= character <= "\udcff" for character in beyond)
            letters, broken = letters + len(beyond) - lost, broken + lost
    return letters, broken


def _common(path: Path, encoding: str) -> float:
    """Return the share of common characters among those beyond ASCII; 0 where decoding fails."""
    low, high = FIRST_LEVEL[encoding]
    common = total = 0
    try:
        for chunk in _chunks(path, encoding):
            for character in chunk:
                if character > "\x7f":
                    total += 1
                    common += character in PUNCTUATION or low <= character.encode(encoding) <= high
    except UnicodeDecodeError:
        return 0
    return common / total if total else 0

"""Numbers as people read them out, U-000123 or C-2026-000045, measured out like a scale: all their digits
are one place on it. Since no number is given twice, a stretch holds no more records than it is wide."""

import re

FIRST = 64
"""How wide the first stretch is: a page and what is missing of it."""
GROWTH, MAX_ATTEMPTS = 64, 5
DIGITS = re.compile(r"\d+")


def is_number(text: object) -> bool:
    return isinstance(text, str) and bool(DIGITS.search(text))


def shift_number(number: str, by: int) -> str | None:
    """The number so many places on, written alike; None beyond the first and the last of its length."""
    groups = DIGITS.findall(number)
    digits = "".join(groups)
    place = int(digits) + by
    if not 0 <= place < 10 ** len(digits):
        return None
    left = str(place).zfill(len(digits))
    written = iter([left[sum(map(len, groups[:n])) :][: len(group)] for n, group in enumerate(groups)])
    return DIGITS.sub(lambda _group: next(written), number)

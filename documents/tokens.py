"""What search looks up: words and identities, each turned into a number that tells nothing of it.

Traditional and Simplified Chinese meet because both are indexed as Simplified; Chinese is cut
into single characters and pairs, English into words and their beginnings. An e-mail address or
a phone number is found whole or not at all. MongoDB's text search knows no Chinese and the
embedded database has none, so the index is an ordinary array (`search`) on both.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

import phonenumbers

from documents.keys import ring
from security.ciphers import blind

LIMIT = 1_000
"""Tokens kept of one record: a long text is found by its beginning."""
SHORTEST, LONGEST = 2, 12
REGIONS = ("CN", "TW")

_CHINESE = re.compile(r"[㐀-䶿一-鿿豈-﫿]+")
_WORD = re.compile(r"[^\W_㐀-䶿一-鿿豈-﫿]+")


@cache
def _simplified() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def normal(text: str) -> str:
    """Return `text` as it is compared: one width, one case, one script."""
    return _simplified().convert(unicodedata.normalize("NFKC", text)).casefold()


def words(text: str) -> set[str]:
    """Return the pieces of `text` that the index holds."""
    plain = normal(text)
    found: set[str] = set()
    for run in _CHINESE.findall(plain):
        found.update(run)
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    for word in _WORD.findall(plain):
        found.add(word)
        found.update(word[:length] for length in range(SHORTEST, min(len(word), LONGEST + 1)))
    return found


def asked(query: str) -> set[str]:
    """Return the pieces that all must be in a record for it to match `query`."""
    plain = normal(query)
    found = set(_WORD.findall(plain))
    for run in _CHINESE.findall(plain):
        found.update({run} if len(run) == 1 else {run[i : i + 2] for i in range(len(run) - 1)})
    return found


def same_identity(kind: str, value: str) -> str:
    """Return an e-mail address or phone number in the one form in which it is compared.

    A phone number without country code is read as mainland China's, then Taiwan's.
    """
    if kind == "email":
        return unicodedata.normalize("NFKC", value).strip().casefold()
    for region in REGIONS:
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return re.sub(r"\D", "", value)


def identity(kind: str, value: str) -> int:
    """Return the token under which records with this e-mail address or phone are found."""
    return _blinded(f"{kind}:{same_identity(kind, value)}", ring().blind)


def blinded(pieces: Iterable[str]) -> list[int]:
    """Return the tokens of words, sorted, at most `LIMIT` of them."""
    return sorted(_blinded(f"word:{piece}", ring().blind) for piece in sorted(pieces)[:LIMIT])


def of_query(query: str) -> list[int]:
    """Return the tokens a record must have, all of them, to match `query`; [] matches nothing.

    What looks like an e-mail address or a phone number is looked up whole.
    """
    text = query.strip()
    if "@" in text:
        return [identity("email", text)]
    if re.fullmatch(r"\+?[\d\s()-]{7,20}", text):
        return [identity("phone", text)]
    return blinded(asked(text))


@lru_cache(maxsize=50_000)
def _blinded(text: str, key: bytes) -> int:
    return blind(key, text)

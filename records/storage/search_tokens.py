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

from records.storage.keys import keyring
from security.ciphers import blind

LIMIT = 1_000
"""Tokens kept of one record: a long text is found by its beginning."""
SHORTEST, LONGEST = 1, 12
REGIONS = ("CN", "TW")

_CHINESE = re.compile(r"[㐀-䶿一-鿿豈-﫿]+")
_WORD = re.compile(r"[^\W_㐀-䶿一-鿿豈-﫿]+")


@cache
def _simplified() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def normalize(text: str) -> str:
    """Return `text` as it is compared: one width, one case, one script."""
    return _simplified().convert(unicodedata.normalize("NFKC", text)).casefold()


def words(text: str) -> set[str]:
    """Return the pieces of `text` that the index holds."""
    plain = normalize(text)
    found: set[str] = set()
    for run in _CHINESE.findall(plain):
        found.update(run)
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    for word in _WORD.findall(plain):
        found.add(word)
        found.update(word[:length] for length in range(SHORTEST, min(len(word), LONGEST + 1)))
    return found


def query_terms(query: str) -> set[str]:
    """Return the pieces that all must be in a record for it to match `query`."""
    plain = normalize(query)
    typed = set(_WORD.findall(plain))
    found = {word for word in typed if len(word) > 1} or typed
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
    return _identity(kind, value, keyring().blind)


def identities(kind: str, value: str) -> list[int]:
    """Return the tokens of an identity: two while the index is made anew, so that none is missed."""
    return [_identity(kind, value, key) for key in keyring().searched]


def _identity(kind: str, value: str, key: bytes) -> int:
    return _blinded(f"{kind}:{same_identity(kind, value)}", key)


def hash_tokens(pieces: Iterable[str]) -> list[int]:
    """Return the tokens of words, sorted, at most `LIMIT` of them."""
    return _words(pieces, keyring().blind)


def _words(pieces: Iterable[str], key: bytes) -> list[int]:
    return sorted(_blinded(f"word:{piece}", key) for piece in sorted(pieces)[:LIMIT])


def marker() -> int:
    """Return the token that every indexed record has: it tells with which key its tokens were made."""
    return _blinded("index", keyring().blind)


def of_query(query: str) -> list[int]:
    """Return the tokens a record must have, all of them, to match `query`; [] matches nothing.

    What looks like an e-mail address or a phone number is looked up whole.
    """
    return _of_query(query, keyring().blind)


def condition(query: str) -> dict[str, Any]:
    """Return the database query for what matches `query`: under both keys while the index is made anew."""
    ways = [{"search": {"$all": _of_query(query, key) or [0]}} for key in keyring().searched]
    return ways[0] if len(ways) == 1 else {"$or": ways}


def _of_query(query: str, key: bytes) -> list[int]:
    text = query.strip()
    if "@" in text:
        return [_identity("email", text, key)]
    if re.fullmatch(r"\+?[\d\s()-]{7,20}", text):
        return [_identity("phone", text, key)]
    return _words(query_terms(text), key)


@lru_cache(maxsize=50_000)
def _blinded(text: str, key: bytes) -> int:
    return blind(key, text)

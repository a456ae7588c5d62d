"""The ciphers personal data is kept under. Keys are raw bytes; nothing here stores one."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


class DecryptionError(Exception):
    """A sealed value or wrapped key does not open: the wrong key, or it was altered or moved."""


def new_key() -> bytes:
    """Return 256 random bits."""
    return os.urandom(KEY_BYTES)


def seal(key: bytes, text: str, context: bytes) -> bytes:
    """Encrypt `text` with AES-256-GCM; it opens only in the same `context` (NIST SP 800-38D)."""
    return seal_bytes(key, text.encode(), context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> str:
    """Decrypt what `encrypt` returned. Raises `DecryptionError`."""
    return unseal_bytes(key, sealed, context).decode()


def seal_bytes(key: bytes, content: bytes, context: bytes) -> bytes:
    """Encrypt a piece of a file as `encrypt` does a text."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, context)


def unseal_bytes(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Decrypt what `seal_bytes` returned. Raises `DecryptionError`."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
    except (InvalidTag, ValueError) as error:
        raise DecryptionError("This value does not open with its key in its place.") from error


def wrap(master: bytes, key: bytes) -> bytes:
    """Encrypt a data key under a master key (AES key wrap, RFC 3394)."""
    return aes_key_wrap(master, key)


def unwrap(master: bytes, wrapped: bytes) -> bytes:
    """Open a wrapped data key. Raises `DecryptionError`."""
    try:
        return aes_key_unwrap(master, wrapped)
    except (InvalidUnwrap, ValueError) as error:
        raise DecryptionError("This data key was wrapped under another master key.") from error


def blind(key: bytes, text: str) -> int:
    """Return a signed 64-bit number that stands for `text` in an index and tells nothing of it.

    HMAC-SHA-256, cut short: two texts meet by chance once in 2^64, so a hit is confirmed on
    the record itself where it matters.
    """
    digest = hmac.digest(key, text.encode(), hashlib.sha256)
    return int.from_bytes(digest[:8], "big", signed=True)


def keyed_hash(key: bytes, text: str) -> str:
    """Return the whole HMAC-SHA-256 of `text`, in hexadecimal: proof without the value."""
    return hmac.digest(key, text.encode(), hashlib.sha256).hex()

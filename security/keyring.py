"""The keys that open everything else, read from one file that is kept apart from the data."""

import base64
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from security.ciphers import KEY_BYTES, new_key

TRIES = 3
"""A file that is replaced while it is read is read again."""


class KeyringError(Exception):
    """The keys are missing or broken; the message says what to do."""


@dataclass(frozen=True)
class Keyring:
    """Master keys by epoch (data keys are wrapped under one), and the keys for hashes.

    `blind` makes the search index, `audit` the hashes in audit entries and tombstones,
    `session` signs sign-ins where `STEWARD_SECRET_KEY` does not. The keys they had before stay, the
    newest last: imports are known again and hashes verified under every key there was. While
    `reindexing`, search asks under the last key before as well.
    """

    masters: dict[int, bytes]
    blind: bytes
    audit: bytes
    session: bytes
    blind_before: tuple[bytes, ...] = ()
    audit_before: tuple[bytes, ...] = ()
    reindexing: bool = False

    @property
    def epoch(self) -> int:
        """The master key in use; older ones only open what they once wrapped."""
        return max(self.masters)

    @property
    def audits(self) -> tuple[bytes, ...]:
        """Every key a hash may have been made with, the one in use first."""
        return (self.audit, *reversed(self.audit_before))

    @property
    def blinds(self) -> tuple[bytes, ...]:
        """Every key a token may have been made with, the one in use first."""
        return (self.blind, *reversed(self.blind_before))

    @property
    def searched(self) -> tuple[bytes, ...]:
        """The keys whose tokens stand in the search index, the one in use first."""
        return self.blinds[: 2 if self.reindexing else 1]

    @classmethod
    def new(cls) -> "Keyring":
        return cls({1: new_key()}, new_key(), new_key(), new_key())

    def with_master(self, epoch: int) -> Self:
        """Have a master key of `epoch`; where there is one, or a later one, nothing changes."""
        return self if epoch <= self.epoch else replace(self, masters={**self.masters, epoch: new_key()})

    def without_masters_before(self, epoch: int) -> Self:
        """Let go of the master keys older than `epoch`, never of the one in use."""
        left = {number: key for number, key in self.masters.items() if number >= min(epoch, self.epoch)}
        return replace(self, masters=left)

    def with_new_blind(self) -> Self:
        """Make tokens with a new key from now on; until `reindexed`, search asks under the old as well."""
        return replace(self, blind=new_key(), blind_before=(*self.blind_before, self.blind), reindexing=True)

    def reindexed(self) -> Self:
        """Search under the key in use alone: every token has been made anew."""
        return replace(self, reindexing=False)

    def with_new_audit(self) -> Self:
        """Make hashes with a new key from now on; those there are stay verifiable."""
        return replace(self, audit=new_key(), audit_before=(*self.audit_before, self.audit))

    @classmethod
    def read(cls, path: Path) -> "Keyring":
        """Read the keys. Raises `KeyringError` where the file is missing or not whole."""
        for last in (*[False] * (TRIES - 1), True):
            try:
                return cls._from_json(json.loads(path.read_text()))
            except FileNotFoundError:
                raise KeyringError(
                    f"There are no keys at {path}. `python app.py keys` makes them once; keep a copy apart "
                    "from the data, since without them no personal data can be read."
                ) from None
            except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
                if last:
                    raise KeyringError(
                        f"The keys in {path} cannot be read ({error}). Put back your copy."
                    ) from error
        raise AssertionError

    @classmethod
    def _from_json(cls, stored: dict[str, Any]) -> "Keyring":
        masters = {int(epoch): _key(text) for epoch, text in stored["masters"].items()}
        if not masters:
            raise ValueError("no master key")
        return cls(
            masters,
            _key(stored["blind"]),
            _key(stored["audit"]),
            _key(stored["session"]),
            tuple(_key(text) for text in stored.get("blind_before", [])),
            tuple(_key(text) for text in stored.get("audit_before", [])),
            bool(stored.get("reindexing")),
        )

    def write(self, path: Path) -> None:
        """Write the keys for their owner's eyes only; an older file is replaced in one step, and what
        stood in it overwritten, as far as the disk does so in place."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(
            {
                "masters": {str(epoch): _text(key) for epoch, key in self.masters.items()},
                "blind": _text(self.blind),
                "audit": _text(self.audit),
                "session": _text(self.session),
                "blind_before": [_text(key) for key in self.blind_before],
                "audit_before": [_text(key) for key in self.audit_before],
                "reindexing": self.reindexing,
            },
            indent=1,
        )
        fresh = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            former = os.open(path, os.O_WRONLY)
        except FileNotFoundError:
            former = None
        fresh.replace(path)
        _settle(path.parent)
        if former is not None:
            _overwrite(former)


def _settle(folder: Path) -> None:
    """Have the disk know the folder's new entries before anything relies on them."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _overwrite(descriptor: int) -> None:
    """Overwrite an open file that no name leads to any more, and let go of it. Another name keeps it."""
    try:
        found = os.fstat(descriptor)
        if not found.st_nlink:
            os.pwrite(descriptor, b"\0" * found.st_size, 0)
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {len(key)} bytes, not {KEY_BYTES}")
    return key


class KeyringFile:
    """The keyring of a file, read again whenever the file is replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._keyring = Keyring.read(path)
        self._version = _version(path)

    def read(self) -> Keyring:
        """Return the keys as they are in the file now: to look costs a few microseconds.

        A file that cannot be read for a moment ends nobody's work: the keys read before hold.
        """
        try:
            if (version := _version(self.path)) != self._version:
                self._keyring, self._version = Keyring.read(self.path), version
        except (OSError, KeyringError):
            pass
        return self._keyring


def _version(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size

"""The keys that open everything else, read from one file that is kept apart from the data."""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path

from security.ciphers import KEY_BYTES, new_key


class KeyringError(Exception):
    """The keys are missing or broken; the message says what to do."""


@dataclass(frozen=True)
class Keyring:
    """Master keys by epoch (data keys are wrapped under one), and the keys for hashes.

    `blind` makes the search index, `audit` the hashes in audit entries and tombstones,
    `session` signs sign-ins where `STEWARD_SECRET_KEY` does not.
    """

    masters: dict[int, bytes]
    blind: bytes
    audit: bytes
    session: bytes

    @property
    def epoch(self) -> int:
        """The master key in use; older ones only open what they once wrapped."""
        return max(self.masters)

    @classmethod
    def new(cls) -> "Keyring":
        return cls({1: new_key()}, new_key(), new_key(), new_key())

    @classmethod
    def read(cls, path: Path) -> "Keyring":
        """Read the keys. Raises `KeyringError` where the file is missing or not whole."""
        try:
            stored = json.loads(path.read_text())
            masters = {int(epoch): _key(text) for epoch, text in stored["masters"].items()}
            if not masters:
                raise ValueError("no master key")
            return cls(masters, *(_key(stored[name]) for name in ("blind", "audit", "session")))
        except FileNotFoundError:
            raise KeyringError(
                f"There are no keys at {path}. `python app.py keys` makes them once; keep a copy apart "
                "from the data, since without them no personal data can be read."
            ) from None
        except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
            raise KeyringError(f"The keys in {path} cannot be read ({error}). Put back your copy.") from error

    def write(self, path: Path) -> None:
        """Write the keys for their owner's eyes only; an older file is replaced in one step."""
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(
            {
                "masters": {str(epoch): _text(key) for epoch, key in self.masters.items()},
                "blind": _text(self.blind),
                "audit": _text(self.audit),
                "session": _text(self.session),
            },
            indent=1,
        )
        fresh = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)


def _text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def _key(text: str) -> bytes:
    key = base64.b64decode(text, validate=True)
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {len(key)} bytes, not {KEY_BYTES}")
    return key

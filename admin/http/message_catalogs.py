"""The translations as the program reads them, compiled from what translators write."""

import logging
import os
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from wtforms.i18n import messages_path

log = logging.getLogger(__name__)


def compile_stale(folder: Path) -> int:
    """Compile each catalogue that changed since it was compiled; return how many did.

    Safe to repeat, and by several processes at once. A folder that cannot be written to keeps what
    is compiled in it, and a warning says so.
    """
    stale = [source for source in sorted(folder.glob("*/LC_MESSAGES/*.po")) if _is_stale(source)]
    try:
        for source in stale:
            with source.open("rb") as file:
                catalogue = read_po(file)
            compiled = BytesIO()
            write_mo(compiled, catalogue)
            _put(source.with_suffix(".mo"), compiled.getvalue())
        _copy_taiwans_form_words(folder)
    except OSError as error:
        log.warning("The translations in %s could not be compiled: %s", folder, error)
        return 0
    return len(stale)


def _is_stale(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def _copy_taiwans_form_words(folder: Path) -> None:
    """Put WTForms' own zh_TW catalogue where readers of zh_Hant_TW are led to."""
    theirs = Path(messages_path()) / "zh_TW/LC_MESSAGES/wtforms.mo"
    ours = folder / "zh_Hant_TW/LC_MESSAGES/wtforms.mo"
    words = theirs.read_bytes()
    if not ours.exists() or ours.read_bytes() != words:
        ours.parent.mkdir(parents=True, exist_ok=True)
        _put(ours, words)


def _put(file: Path, content: bytes) -> None:
    """Replace `file` in one step: another process may be reading it."""
    fresh = file.with_suffix(f".{os.getpid()}.new")
    fresh.write_bytes(content)
    fresh.replace(file)

"""Which files may be kept as evidence: told by their content, whatever they are called (R61)."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import PurePath

import puremagic

from language.words import N_
from records.declaration.actions import ActionRefused, Upload

LARGEST = 10 * 1024 * 1024
LONGEST_NAME = 120

ALLOWED: Mapping[str, str] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".txt": "text/plain",
}
"""What may be kept, by what a file's content says it is. Nothing that a browser would run."""

OFFICE: Mapping[str, str] = {".docx": "word/", ".xlsx": "xl/", ".pptx": "ppt/"}
"""Archives, each told by the folder that only it has."""


def kind_of(upload: Upload) -> str:
    """The extension that the content of a file deserves, whatever it is called. Raises `ActionRefused`."""
    content = upload.content
    if not content:
        raise ActionRefused(N_("This file is empty."))
    if len(content) > LARGEST:
        raise ActionRefused(
            N_("This file is larger than %(most)s MB; nothing was stored."), most=LARGEST // 1024 // 1024
        )
    named = PurePath(upload.name).suffix.lower()
    found = _guesses(content, named)
    if not found:
        raise ActionRefused(
            N_("Files of this kind are not kept: pictures, PDF, Office, sound, film and plain text are.")
        )
    return named if named in found else found[0]


def _guesses(content: bytes, named: str) -> list[str]:
    """The allowed extensions whose mark the content bears; plain text bears none, and no tag either."""
    try:
        marks = puremagic.magic_string(content, filename=f"file{named}")
    except (puremagic.PureError, ValueError):
        marks = []
    found = [one.extension for one in marks if one.extension in ALLOWED and one.byte_match]
    if any(extension in OFFICE for extension in found):
        return _office(content)
    return found or ([".txt"] if named == ".txt" and _is_plain(content) else [])


def _office(content: bytes) -> list[str]:
    """Which Office document an archive is, if any; one with macros is none that we keep."""
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, ValueError):
        return []
    if "[Content_Types].xml" not in names or any(name.lower().endswith("vbaproject.bin") for name in names):
        return []
    return [
        extension for extension, folder in OFFICE.items() if any(name.startswith(folder) for name in names)
    ]


def _is_plain(content: bytes) -> bool:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return "\x00" not in text and "<" not in text[:1024]


def safe_name(name: str, extension: str) -> str:
    """A file's own name without folders and control characters, ending as its content deserves."""
    stem = PurePath(name.replace("\\", "/")).stem
    kept = "".join(letter for letter in stem if letter.isprintable() and letter not in '/:*?"<>|')
    return (kept.strip(" .")[:LONGEST_NAME] or "file") + extension

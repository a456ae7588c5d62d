"""The words in a file of evidence, as far as it is plain text or an Office document.

A picture, a recording or a PDF says nothing to a program that reads: somebody has to look at it.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterator

from documents.attachment import Attachment
from documents.storage.sealed_file import FileGone
from documents.tickets.evidence import ALLOWED
from security.ciphers import Unreadable

PLAIN = ALLOWED[".txt"]
OFFICE = frozenset(ALLOWED[extension] for extension in (".docx", ".xlsx", ".pptx"))
MOST = 64 * 1024 * 1024
"""So many bytes of an Office document are unpacked: one that was made to burst stays small."""
ENDS = re.compile(r"</(?:w:p|a:p|si|is|c|row)>")
"""Where a paragraph or a cell ends; within one, a word may be cut up into pieces of any size."""
TAG = re.compile(r"<[^>]*>")


def is_readable(file: Attachment) -> bool:
    """Tell whether the words in a file can be searched."""
    return file.type == PLAIN or file.type in OFFICE


def text_of(file: Attachment) -> str | None:
    """The words in a file; None where it cannot be read, or is gone with its key."""
    if not is_readable(file):
        return None
    try:
        content = b"".join(file.pieces())
        return content.decode("utf-8", "replace") if file.type == PLAIN else "\n".join(_office(content))
    except (FileGone, Unreadable, zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        return None


def _office(content: bytes) -> Iterator[str]:
    """The words of each part of an Office document, without the marks around them."""
    left = MOST
    with zipfile.ZipFile(io.BytesIO(content)) as parcel:
        for name in parcel.namelist():
            if name.endswith(".xml") and left > 0:
                with parcel.open(name) as part:
                    read = part.read(left)
                left -= len(read)
                marked = ENDS.sub("\n", read.decode("utf-8", "replace"))
                yield html.unescape(TAG.sub("", marked))

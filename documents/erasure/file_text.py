"""The words in a file of evidence, as far as it is plain text, a PDF or an Office document.

A picture, a recording or a scan says nothing to a program that reads: somebody has to look at it.
"""

import html
import io
import re
import zipfile
from collections.abc import Iterator

from documents.conversation.attachment import Attachment
from documents.conversation.file_types import ALLOWED
from documents.erasure import pdf_text
from records.storage.encrypted_file import FileGone
from security.ciphers import DecryptionError

PLAIN, PDF = ALLOWED[".txt"], ALLOWED[".pdf"]
OFFICE = frozenset(ALLOWED[extension] for extension in (".docx", ".xlsx", ".pptx"))
WITH_WORDS = OFFICE | {PLAIN, PDF}
MOST = 64 * 1024 * 1024
"""So many bytes of an Office document are unpacked: one that was made to burst stays small."""
ENDS = re.compile(r"</(?:w:p|a:p|si|is|c|row)>")
"""Where a paragraph or a cell ends; within one, a word may be cut up into pieces of any size."""
TAG = re.compile(r"<[^>]*>")


class ExtractionProblem(Exception):
    """A file that should hold words cannot be read: altered, broken, locked by a password, or too large."""


def extract_text(file: Attachment) -> str:
    """The words in a file; "" where it holds none, or is gone with its key. Raises `ExtractionProblem`, and what
    the database raises."""
    if file.type not in WITH_WORDS:
        return ""
    try:
        content = b"".join(file.pieces())
    except FileGone:
        return ""
    except DecryptionError as error:
        raise ExtractionProblem from error
    try:
        return _read(content, file.type)
    except Exception as error:
        raise ExtractionProblem from error


def _read(content: bytes, kind: str) -> str:
    if kind == PLAIN:
        return content.decode("utf-8", "replace")
    return pdf_text.extract_words(content) if kind == PDF else "\n".join(_office(content))


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

"""The words in a PDF, read within bounds: one that was made to burst takes neither memory nor time."""

import io
import logging
from collections.abc import Iterator
from time import monotonic

from pypdf import PdfReader, apply_configuration

PAGES = 500
SECONDS = 20.0
"""So long one file may take; it is looked at between pages, and `STEPS` bounds a page."""
STEPS = 200_000
"""So many marks and operands of one page are gone through: more than a page of words has."""
UNPACKED = 16 * 1024 * 1024

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its warnings quote what stands in the file


class TooLarge(Exception):
    """A file is larger than is read, or takes longer."""


def extract_words(content: bytes) -> str:
    """The words of all pages; "" for one that is pictures only. Raises `TooLarge`, and whatever reading
    a broken file raises: there is no end to the ways in which one can be broken."""
    with apply_configuration(
        zlib_maximum_output_length=UNPACKED,
        lzw_maximum_output_length=UNPACKED,
        run_length_maximum_output_length=UNPACKED,
        array_based_stream_maximum_output_length=UNPACKED,
        stream_decoding_work_maximum_length=4 * UNPACKED,
        stream_parsing_work_maximum_count=STEPS,
    ):
        return "\n".join(_pages(content))


def _pages(content: bytes) -> Iterator[str]:
    until = monotonic() + SECONDS
    with PdfReader(io.BytesIO(content)) as reader:
        for number, page in enumerate(reader.pages):
            if number == PAGES or monotonic() > until:
                raise TooLarge
            yield page.extract_text()

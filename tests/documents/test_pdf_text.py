"""What a PDF says is read within bounds, and nothing of it ends up in a log."""

import logging

import pytest
from pypdf.errors import PyPdfError

from documents.erasure import pdf_text
from tests.jobs.pdf_samples import bursting, locked, pdf, scan

NOT_READ = (PyPdfError, pdf_text.TooLarge)


def test_the_words_of_all_pages_are_read():
    assert pdf_text.extract_words(pdf("李雷 rang about it.", "He rang twice.")).split("\n") == [
        "李雷 rang about it.",
        "He rang twice.",
    ]


def test_a_scan_says_nothing():
    assert pdf_text.extract_words(scan()).strip() == ""


def test_what_everybody_may_open_is_read_although_it_is_encrypted():
    assert pdf_text.extract_words(locked(pdf("李雷"), "")) == "李雷"


@pytest.mark.parametrize(
    "content",
    [locked(pdf("李雷"), "secret"), pdf("李雷")[:300], b"%PDF-1.4\n", bursting(), pdf(*["x"] * 501)],
    ids=["locked", "cut off", "empty", "bursting", "too many pages"],
)
def test_what_cannot_be_read_says_so(content):
    with pytest.raises(NOT_READ):
        pdf_text.extract_words(content)


def test_as_many_pages_as_are_read_are_read():
    assert pdf_text.extract_words(pdf(*["x"] * 500)).count("x") == 500


def test_no_log_quotes_a_broken_file(caplog):
    caplog.set_level(logging.DEBUG)
    broken = pdf("李雷").replace(b"/Kids [", b"/Kids (13912345678) [")

    with pytest.raises(NOT_READ):
        pdf_text.extract_words(broken)

    assert caplog.text == ""

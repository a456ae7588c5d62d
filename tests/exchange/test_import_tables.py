"""Spreadsheets are read as people save them: in three encodings, with every kind of damage."""

from datetime import datetime
from itertools import islice
from zipfile import ZipFile

import pytest
from openpyxl import Workbook

from exchange.importing import ImportRefused
from exchange.importing import table as tables
from exchange.importing.encoding import encoding_of
from exchange.importing.table import opened

SIMPLIFIED = "标签,评论\n好,味道很好，送餐也快，谢谢你们！\n坏,等了两个小时，太慢了\n"
TRADITIONAL = "標籤,評論\n好,味道很好，送餐也快，謝謝你們！\n壞,等了兩個小時，太慢了\n"


@pytest.fixture
def read(tmp_path):
    """Write bytes to a file; return its header and its rows as (line, cells or what is wrong)."""

    def read(content):
        path = tmp_path / "table.csv"
        path.write_bytes(content)
        with opened(path) as table:
            return table.header, [
                (row.line, str(row.fault) if row.fault else row.cells) for row in table.rows
            ]

    return read


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (SIMPLIFIED, "utf-8"),
        (SIMPLIFIED, "utf-8-sig"),
        (SIMPLIFIED, "utf-16"),
        (SIMPLIFIED, "gb18030"),
        (SIMPLIFIED, "gbk"),
        (TRADITIONAL, "utf-8"),
        (TRADITIONAL, "big5"),
        (TRADITIONAL, "cp950"),
        ("a,b\n1,2\n", "ascii"),
    ],
)
def test_a_file_is_read_in_the_encoding_it_was_saved_in(read, text, encoding):
    header, rows = read(text.encode(encoding))

    lines = [tuple(line.split(",")) for line in text.splitlines()]
    assert header == lines[0]
    assert rows == list(enumerate(lines[1:], start=2))


def test_one_damaged_character_costs_one_row_and_not_the_file(read):
    damaged = SIMPLIFIED.encode().replace("太".encode(), b"\xe5\xa4")

    _header, rows = read(damaged)

    assert rows[0] == (2, ("好", "味道很好，送餐也快，谢谢你们！"))
    assert rows[1] == (3, "It has bytes that are no text in UTF-8, GB18030 or Big5.")


def test_a_western_letter_in_an_old_encoding_is_not_taken_for_chinese(read):
    _header, rows = read("city,n\nMontréal,1\nBronx,2\n".encode("latin-1"))

    assert rows == [(2, "It has bytes that are no text in UTF-8, GB18030 or Big5."), (3, ("Bronx", "2"))]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_from_the_header(read, delimiter):
    content = f'a{delimiter}"b, c; d"\n1{delimiter}2\n'

    assert read(content.encode()) == (("a", "b, c; d"), [(2, ("1", "2"))])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_row_is_known_by_the_line_it_starts_on(read, end):
    content = end.join(["a,b", '1,"one', 'two ""2"""', "", " , ", "3,4", ""])

    assert read(content.encode()) == (("a", "b"), [(2, ("1", f'one{end}two "2"')), (6, ("3", "4"))])


def test_nul_bytes_are_dropped(read):
    assert read(b"a,b\n1\x00,\x002\n") == (("a", "b"), [(2, ("1", "2"))])


def test_empty_columns_at_the_end_are_none(read):
    assert read(b"a,b,,\n1,2,,\n3,4\n") == (("a", "b"), [(2, ("1", "2")), (3, ("3", "4"))])


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (b"1,2,3,x", "It has 4 cells where the header has 3."),
        (b"1,2", "It has 2 cells where the header has 3."),
        (
            b'1,"never closed\n2,b,c',
            "It has 2 cells where the header has 3; perhaps a quotation mark is not closed.",
        ),
    ],
)
def test_a_ragged_row_is_named_as_such(read, row, fault):
    _header, rows = read(b"a,b,c\n" + row)

    assert rows == [(2, fault)]


def test_a_cell_of_two_megabytes_is_read_whole(read):
    long = "字" * 700_000

    _header, rows = read(f"a,b\n1,{long}\n2,x\n".encode())

    assert rows == [(2, ("1", long)), (3, ("2", "x"))]


def test_a_cell_that_no_record_could_hold_costs_its_row_and_not_the_rest(read):
    largest = b"x" * tables.LARGEST_CELL

    _header, rows = read(b"a,b\n1," + largest + b"x\n2," + largest + b"\n3,y\n")

    assert rows[0] == (2, "One of its cells has over 16 MB; perhaps a quotation mark is not closed.")
    assert [line for line, cells in rows[1:]] == [3, 4]
    assert rows[2] == (4, ("3", "y"))


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n", b" , \n"])
def test_an_empty_file_is_refused(read, content):
    with pytest.raises(ImportRefused, match=r"^table\.csv is empty: it has not even a header\.$"):
        read(content)


def test_a_file_of_only_a_header_has_no_rows(read):
    assert read(b"\n a ,b  c\n") == (("a", "b c"), [])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"\xd0\xcf\x11\xe0rest",
            "table.csv is an old or locked Excel file; save it as .xlsx without a password, or as CSV.",
        ),
        (b"PK\x03\x04rest", "table.csv is no Excel file that can be read."),
    ],
)
def test_what_is_no_spreadsheet_is_refused(read, content, sentence):
    with pytest.raises(ImportRefused) as refused:
        read(content)
    assert str(refused.value) == sentence


def test_excel_files_read_like_csv(tmp_path):
    book = Workbook()
    for row in [
        ["编号", "when", "ok", None],
        [39573567, datetime(2018, 6, 26, 10, 58, 54), True, None],  # noqa: DTZ001 — Excel knows no zones
        [None, None, None, None],
        [0.5, None, "多行\n文字", None],
    ]:
        book.active.append(row)
    path = tmp_path / "table.xlsx"
    book.save(path)

    with opened(path) as table:
        assert table.header == ("编号", "when", "ok")
        assert [(row.line, row.cells) for row in table.rows] == [
            (2, ("39573567", "2018-06-26T10:58:54", "True")),
            (4, ("0.5", "", "多行\n文字")),
        ]
        assert table.progress() == (4, 4)


def test_an_excel_file_that_breaks_off_is_read_up_to_there(tmp_path):
    book = Workbook()
    for number in range(1000):
        book.active.append([f"name {number}", number])
    whole, broken = tmp_path / "whole.xlsx", tmp_path / "broken.xlsx"
    book.save(whole)
    with ZipFile(whole) as source, ZipFile(broken, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)

    with opened(broken) as table:
        *good, last = table.rows

    assert good
    assert [row.fault for row in good] == [None] * len(good)
    assert str(last.fault) == "The file is damaged from here on."


def test_progress_is_told_in_bytes_and_a_large_file_is_not_read_at_once(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n" + b"1,2\n" * 500_000)

    with opened(path) as table:
        assert len(list(islice(table.rows, 10))) == 10
        done, of = table.progress()
        assert 0 < done < of / 10
        assert of == path.stat().st_size
        assert sum(1 for _row in table.rows) == 500_000 - 10
        assert table.progress() == (of, of)


def test_a_tie_of_encodings_is_settled_by_common_characters(tmp_path):
    text = "重要的資料都在這裡，請大家仔細看一看，有問題請告訴我們。"
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode("big5"))
    assert text.encode("big5").decode("gb18030", "replace") != text

    assert encoding_of(path)[0] == "cp950"

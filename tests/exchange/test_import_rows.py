"""A row becomes a ticket, or everything that is wrong with it is said."""

from datetime import UTC, datetime

import pytest

import documents  # noqa: F401 — registers what can be imported into
from exchange.importing import ImportRefused, load_mapping, parse_mapping
from exchange.importing.parsing import parse_datetime
from exchange.importing.rows import RowReader
from exchange.importing.table import Row

NYC = {
    "Unique Key": "39573567",
    "Created Date": "06/26/2018 10:58:54 AM",
    "Closed Date": "06/26/2018 12:50:01 PM",
    "Agency Name": "Department of Sanitation",
    "Complaint Type": "Graffiti",
    "Descriptor": "Wall",
    "City": "ASTORIA",
    "Status": "Closed",
    "Due Date": "06/26/2018 06:58:54 PM",
    "Resolution Description": "The crew cleaned it.",
    "Resolution Action Updated Date": "06/27/2018 01:00:00 PM",
    "Borough": "QUEENS",
    "Open Data Channel Type": "PHONE",
}


@pytest.fixture
def complaint(now, actor):
    """Read a row of the city's complaints that differs from a good one in the given columns."""

    def read(**changes):
        cells = NYC | {name.replace("_", " "): value for name, value in changes.items()}
        return RowReader(load_mapping("nyc311"), tuple(cells), now).read(Row(5, tuple(cells.values())))

    return read


@pytest.fixture
def review(now, actor):
    def read(label, words):
        return RowReader(load_mapping("takeaway-reviews"), ("label", "review"), now).read(
            Row(5, (label, words))
        )

    return read


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def said(reading):
    return [str(fault) for fault in reading.faults]


def test_a_complaint_comes_in_with_all_the_file_says_of_it(complaint):
    ticket = complaint().record

    assert ticket.content == "Graffiti: Wall"
    assert ticket.topic == "Graffiti"
    assert ticket.place == "ASTORIA, QUEENS"
    assert ticket.responsible_department == "Department of Sanitation"
    assert ticket.measures == "The crew cleaned it."
    assert (ticket.kind, ticket.channel, ticket.priority, ticket.state) == (
        "other",
        "hotline",
        "normal",
        "closed",
    )
    assert (ticket.source, ticket.source_key) == ("nyc311", "39573567")
    assert ticket.created_at == utc(2018, 6, 26, 14, 58, 54)
    assert ticket.closed_at == utc(2018, 6, 26, 16, 50, 1)
    assert ticket.due_at == utc(2018, 6, 26, 22, 58, 54)
    assert [(step.state, step.at) for step in ticket.moves] == [
        ("received", ticket.created_at),
        ("closed", ticket.closed_at),
    ]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("06/26/2018 10:58:54 AM", utc(2018, 6, 26, 14, 58, 54)),
        (" 6/26/2018 10:58 am ", utc(2018, 6, 26, 14, 58)),
        ("06/26/2018 22:58:54", utc(2018, 6, 27, 2, 58, 54)),
        ("06/26/2018 22:58", utc(2018, 6, 27, 2, 58)),
        ("06/26/2018", utc(2018, 6, 26, 4)),
        ("2018-06-26T10:58:54", utc(2018, 6, 26, 14, 58, 54)),
        ("2018-06-26 10:58", utc(2018, 6, 26, 14, 58)),
        ("2018-06-26T10:58:54.250", utc(2018, 6, 26, 14, 58, 54, 250000)),
        ("2018-06-26T10:58:54Z", utc(2018, 6, 26, 10, 58, 54)),
        ("2018-06-26T10:58:54+08:00", utc(2018, 6, 26, 2, 58, 54)),
        ("12/26/2018 10:58:54 AM", utc(2018, 12, 26, 15, 58, 54)),
        ("11/04/2018 01:30:00 AM", utc(2018, 11, 4, 5, 30)),  # struck twice: the first
        ("03/11/2018 02:30:00 AM", utc(2018, 3, 11, 7, 30)),  # skipped: 03:30 of the summer
    ],
)
def test_dates_are_read_in_their_forms_and_their_zone(complaint, written, read):
    assert complaint(Due_Date=written).record.due_at == read


@pytest.mark.parametrize("empty", ["", "  ", "N/A", "n/a", "\t"])
def test_where_the_city_promised_nothing_there_is_no_due_date(complaint, empty):
    assert complaint(Due_Date=empty).record.due_at is None


@pytest.mark.parametrize(
    "written",
    [
        "13/45/2018",
        "26/06/2018",
        "06/26/18",
        "02/29/2019",
        "tomorrow",
        "12/31/9999 11:59:00 PM",
        "01/01/0001",
        "0",
    ],
)
def test_what_is_no_date_is_a_fault_that_names_column_and_value(complaint, written):
    reading = complaint(Due_Date=written)

    assert reading.record is None
    assert said(reading) == [f"“Due Date”: “{written}” is no date that can be read."]


@pytest.mark.parametrize(("year", "readable"), [(1899, False), (1900, True), (2099, True), (2100, False)])
def test_years_beyond_reason_are_no_dates(year, readable):
    if readable:
        assert parse_datetime(f"{year}-06-01", (), UTC) == utc(year, 6, 1)
    else:
        with pytest.raises(ValueError, match=str(year)):
            parse_datetime(f"{year}-06-01", (), UTC)


def test_where_dates_have_a_time_one_without_is_the_beginning_of_its_day():
    form = "%Y/%m/%d %H:%M"

    assert parse_datetime("2026/03/04 09:30", [form], UTC) == utc(2026, 3, 4, 9, 30)
    assert parse_datetime("2026/03/04", [form], UTC) == utc(2026, 3, 4)
    with pytest.raises(ValueError, match="2026"):
        parse_datetime("2026/03", [form], UTC)


def test_all_faults_of_a_row_are_told_at_once(complaint):
    reading = complaint(Created_Date="never", Due_Date="x" * 50, Status="Lost")

    assert said(reading) == [
        "“Created Date”: “never” is no date that can be read.",
        f"“Due Date”: “{'x' * 39}…” is no date that can be read.",
        "“Status”: the mapping does not say what “Lost” means.",
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"Created_Date": ""}, "“Created Date”: nothing stands there, and it is needed."),
        (
            {"Complaint_Type": " ", "Descriptor": "N/A"},
            "“Complaint Type”, “Descriptor”: nothing stands there, and it is needed.",
        ),
        (
            {"Complaint_Type": "x" * 201},
            "“Complaint Type”: the text has 201 characters, and no more than 200 fit.",
        ),
        (
            {"Closed_Date": "", "Resolution_Action_Updated_Date": ""},
            "“Closed Date”: it is closed, and nothing says since when.",
        ),
    ],
)
def test_what_the_document_does_not_take_is_said_in_words_of_the_file(complaint, changes, fault):
    reading = complaint(**changes)

    assert reading.record is None
    assert said(reading) == [fault]


def test_a_text_just_short_enough_comes_in_uncut(complaint):
    assert complaint(Complaint_Type="x" * 200).record.topic == "x" * 200


def test_a_personal_value_is_never_quoted(now, actor):
    table = {"into": "complaints", "source": "x", "fields": {"content": "Text", "contact_phone": "Phone"}}
    reading = RowReader(parse_mapping(table), ("Text", "Phone"), now).read(Row(2, ("slow", "138" * 20)))

    assert said(reading) == ["“Phone”: the text has 60 characters, and no more than 40 fit."]


def test_nor_where_the_mapping_does_not_know_it(now, actor):
    phone = {"column": "Phone", "values": {"none": ""}}
    table = {"into": "complaints", "source": "x", "fields": {"content": "Text", "contact_phone": phone}}
    reader = RowReader(parse_mapping(table), ("Text", "Phone"), now)

    assert reader.read(Row(2, ("slow", "None"))).record.contact_phone is None
    assert said(reader.read(Row(3, ("slow", "13800138000")))) == [
        "“Phone”: the mapping does not say what “…” means."
    ]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("Open", "received"),
        ("Assigned", "assigned"),
        ("Pending", "assigned"),
        (" in progress ", "investigating"),
    ],
)
def test_what_is_not_closed_is_open_and_its_closed_date_left_out(complaint, status, state):
    reading = complaint(Status=status)

    assert (reading.record.state, reading.record.closed_at) == (state, None)
    assert [str(remark) for remark in reading.remarks] == ["“Closed Date”: left out, since it is not closed."]


def test_what_is_open_without_a_closed_date_calls_for_no_remark(complaint, now):
    reading = complaint(Status="In Progress", Closed_Date="", Resolution_Action_Updated_Date="")

    assert reading.remarks == ()
    assert [(step.state, step.at) for step in reading.record.moves] == [
        ("received", reading.record.created_at),
        ("investigating", now),
    ]


def test_what_is_closed_without_a_closed_date_was_closed_when_last_acted_upon(complaint):
    assert complaint(Closed_Date="N/A").record.closed_at == utc(2018, 6, 27, 17)


def test_where_no_status_stands_the_closed_date_decides(complaint):
    assert complaint(Status="").record.state == "closed"
    assert complaint(Status="", Closed_Date="").record.state == "received"


def test_what_was_closed_before_it_was_created_keeps_both_times_and_is_remarked_on(complaint):
    reading = complaint(Closed_Date="06/25/2018 09:00:00 AM")

    assert reading.record.closed_at == utc(2018, 6, 25, 13)
    assert [str(remark) for remark in reading.remarks] == [
        "It was closed before it was created; both times were kept."
    ]


def test_a_state_that_is_none_is_a_fault(now, actor):
    table = {"into": "complaints", "source": "x", "fields": {"content": "Text", "state": "State"}}
    reader = RowReader(parse_mapping(table), ("Text", "State"), now)

    assert said(reader.read(Row(2, ("slow", "Gone")))) == ["“State”: “Gone” does not fit."]
    assert reader.read(Row(3, ("slow", "closed"))).record.closed_at == now


def test_a_file_without_dates_was_created_when_it_was_imported(review, now):
    assert [step.at for step in review("1", "好").record.moves] == [now]


@pytest.mark.parametrize(
    ("city", "borough", "place"),
    [
        ("Bronx", "BRONX", "Bronx"),
        ("", "QUEENS", "QUEENS"),
        ("ASTORIA", "Unspecified", "ASTORIA"),
        ("", "", None),
    ],
)
def test_joined_columns_say_a_thing_once(complaint, city, borough, place):
    assert complaint(City=city, Borough=borough).record.place == place


@pytest.mark.parametrize(
    ("there", "here"), [("MOBILE", "app"), ("online", "website"), ("PIGEON", "other"), ("", "other")]
)
def test_words_there_mean_words_here(complaint, there, here):
    assert complaint(Open_Data_Channel_Type=there).record.channel == here


@pytest.mark.clause("R48")
@pytest.mark.parametrize("words", ["  太慢了！\n\n  再也不来了 ", 'she said "no"', "N/A", "=1+1"])
def test_the_words_of_a_review_are_kept_as_they_are(review, words):
    assert review("1", words).record.words == words


@pytest.mark.parametrize(("label", "score"), [("1", 5), ("0", 1), (" 1 ", 5), ("", None)])
def test_a_label_is_a_rating(review, label, score):
    ticket = review(label, "好").record

    assert (ticket.score, ticket.kind, ticket.state) == (score, "rating", "received")


def test_a_label_that_means_nothing_is_a_fault(review):
    assert said(review("2", "好")) == ["“label”: the mapping does not say what “2” means."]


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("4.5", "“Stars”: “4.5” is no whole number."),
        ("inf", "“Stars”: “inf” is no whole number."),
        ("many", "“Stars”: “many” is no whole number."),
        ("6", "“Stars”: “6” does not fit."),
        ("-1", "“Stars”: “-1” does not fit."),
        ("5", None),
        ("5.0", None),
    ],
)
def test_a_whole_number_is_one_that_fits(now, actor, written, fault):
    table = {"into": "feedback", "source": "x", "fields": {"words": "Text", "score": "Stars"}}
    reading = RowReader(parse_mapping(table), ("Text", "Stars"), now).read(Row(2, ("好", written)))

    assert said(reading) == ([fault] if fault else [])


def test_columns_are_found_whatever_their_order_case_and_spaces(now, actor):
    reader = RowReader(load_mapping("takeaway-reviews"), ("note", " Review ", "LABEL"), now)

    assert reader.read(Row(2, ("x", "好", "1"))).record.words == "好"
    assert reader.unread == ("note",)


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        (("review",), "The file lacks these columns: “label”."),
        (("a", "b"), "The file lacks these columns: “review”, “label”."),
        (("review", "label", "Label"), "The file has these columns more than once: “label”."),
    ],
)
def test_a_file_of_other_columns_is_refused(now, actor, header, sentence):
    with pytest.raises(ImportRefused) as refused:
        RowReader(load_mapping("takeaway-reviews"), header, now)
    assert str(refused.value) == sentence

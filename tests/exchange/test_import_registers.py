"""Every register that takes in files reads its columns off its own declaration."""

import csv
from datetime import UTC, datetime

import pytest

from documents.conversation.canned_reply import CannedReply
from documents.deadlines.calendar_override import CalendarDay
from documents.erasure.tombstone import Tombstone
from documents.people.user import Source, User
from documents.staff.absence import Absence
from documents.staff.staff import Staff
from exchange.importing import import_file, importable, parse_mapping, references, undo
from exchange.importing.column_detection import Column
from exchange.importing.mapping_builder import Reading, Words, guessed, proposed
from exchange.importing.preview import preview
from exchange.importing.synonyms import KEY
from records.storage import keys
from security.permissions import Action
from tests.factories import ComplaintFactory, UserFactory

KINDS = importable.importable_kinds()
SAY = {"Name": "姓名", "Kind": "类型", "Enterprise": "企业", "Account manager": "客户经理", "Region": "地区"}


def say(text):
    """A word in two languages."""
    return {text, SAY.get(text, text)}


@pytest.fixture
def load(tmp_path, now, actor):
    """Bring in rows under a header, as the guesses say; `targets` overrules them by column."""

    def load(kind, header, *rows, zone="Asia/Shanghai", **targets):
        path = tmp_path / "rows.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        words = Words.of(kind, say)
        columns = [Column(name, tuple(row[place] for row in rows)) for place, name in enumerate(header)]
        found = guessed(kind, columns, words)
        chosen = [targets.get(name, to) for name, to in zip(header, found, strict=True)]
        mapping = parse_mapping(proposed(kind, columns, chosen, words, Reading("old crm", zone)))
        return import_file(path, mapping, now=now)

    return load


def said(result):
    return [str(fault) for _line, fault in result.faults]


@pytest.fixture
def lin(database, actor):
    return Staff(name="Lin Mei", email="lin@example.com", roles=["staff"]).save()


# -- What follows from the declaration ---------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_column_called_as_a_field_is_guessed_to_be_that_field(name):
    kind = KINDS[name]
    words = Words.of(kind, say)
    labels = {
        field: label for field, called in words.fields.items() for label in called if label in say(label)
    }
    unlike = {field: label for field, label in labels.items() if list(labels.values()).count(label) == 1}

    found = guessed(kind, [Column(label, ()) for label in unlike.values()], words)

    assert found == list(unlike)


@pytest.mark.parametrize("name", KINDS)
def test_what_a_field_may_refer_to_can_be_called_by_something(name):
    for field in importable.importable(KINDS[name]).values():
        if reference := references.referred(field):
            assert references.names_of(references.by_collection(reference.kind)), field.name


@pytest.mark.parametrize("name", KINDS)
def test_nothing_internal_and_no_step_of_a_history_comes_from_a_file(name):
    kind = KINDS[name]
    closed = {
        "hold_reason",
        "import_key",
        "import_batch",
        "search",
        "version",
        "anonymised_at",
        "number",
        "moves",
    }

    assert not closed & importable.importable(kind).keys()


def test_who_imports_could_have_written_each_record_by_hand():
    for kind in KINDS.values():
        grants = kind.policy.access
        assert grants[Action.IMPORT] <= grants[Action.CREATE], kind.collection_name()


# -- Users -------------------------------------------------------------------------------------


def test_users_come_in_with_names_choices_references_and_times(load, lin):
    result = load(
        User,
        ("Customer no.", "姓名", "手机", "邮箱", "类型", "客户经理", "地区", "Created"),
        (
            "K-1",
            "王芳",
            "138 0013 8000",
            "fang@example.com",
            "企业",
            "lin@example.com",
            "TW",
            "2026-03-04 09:30",
        ),
        ("K-2", "Chen Wei", "", "", "individual", "LIN MEI", "", "2026-03-05"),
        ("K-3", "Ada", "", "", "Enterprise", "", "", "2026-03-06"),
    )

    assert result.counts() == {"added": 3, "unchanged": 0, "rejected": 0}, said(result)
    fang, chen, ada = User.objects.order_by("created_at")
    assert (fang.name, fang.phone, fang.email) == ("王芳", "138 0013 8000", "fang@example.com")
    assert (fang.kind, fang.region, fang.account_manager) == ("enterprise", "TW", lin.pk)
    assert fang.created_at == datetime(2026, 3, 4, 1, 30, tzinfo=UTC)
    assert (fang.source, fang.source_note) == (Source.IMPORT, "old crm K-1")
    assert (chen.kind, chen.account_manager, chen.number) == ("individual", lin.pk, "U-000002")
    assert (ada.kind, ada.account_manager) == ("enterprise", None)


def test_each_user_is_sealed_under_a_key_of_their_own_made_in_batches(load, database, commands):
    commands.forget()
    load(User, ("Name", "E-mail"), *((f"Reader {n}", f"r{n}@example.com") for n in range(210)))

    assert database[keys.COLLECTION].count_documents({}) == 210
    written = [body for body in commands.bodies if next(iter(body)) in {"update", "insert"}]
    assert len([body for body in written if next(iter(body.values())) == keys.COLLECTION]) == 2
    assert b"Reader 7" not in b"".join(str(row).encode() for row in database.users.find())


def test_the_same_rows_again_are_known_and_add_nobody(load, database):
    rows = [("K-1", "Ada"), ("K-2", "Bo")]
    load(User, ("Customer no.", "Name"), *rows)

    again = load(User, ("Customer no.", "Name"), *rows, ("K-3", "Cy"))

    assert again.counts() == {"added": 1, "unchanged": 2, "rejected": 0}


@pytest.mark.parametrize(
    ("column", "text", "fault"),
    [
        ("E-mail", "nobody", "“E-mail”: “…” is no e-mail address."),
        ("Phone", "later", "“Phone”: “…” is no phone number."),
        ("Account manager", "Nobody", "“Account manager”: “Nobody” is not known here."),
        ("Kind", "robot", "“Kind”: the mapping does not say what “robot” means."),
        ("Created", "soon", "“Created”: “soon” is no date that can be read."),
    ],
)
def test_what_is_wrong_with_a_user_is_said_and_nothing_personal_quoted(load, database, column, text, fault):
    result = load(User, ("Name", column), ("Ada", text), **{column: guess(column)})

    assert said(result) == [fault]
    assert User.objects.count() == 0


def guess(column):
    labels = {one.verbose_name: name for name, one in User._fields.items() if hasattr(one, "verbose_name")}
    return labels[column]


def test_a_name_that_several_have_refers_to_none_of_them(load, lin):
    Staff(name="Lin Mei", email="other@example.com", roles=["staff"]).save()

    result = load(User, ("Name", "Account manager"), ("Ada", "Lin Mei"), ("Bo", "other@example.com"))

    assert said(result) == ["“Account manager”: “Lin Mei” may be one of several."]
    assert result.added == 1


def test_many_rows_that_refer_to_somebody_are_looked_up_together(load, lin, commands):
    commands.forget()
    load(User, ("Name", "Account manager"), *((f"Reader {n}", "Lin Mei") for n in range(210)))

    assert (
        len([body for body in commands.bodies if body.get("find") == "staff"]) == 4
    )  # two ways, two batches


# -- Others ------------------------------------------------------------------------------------


def test_a_person_is_referred_to_by_number_e_mail_or_phone(load, database, actor):
    ada = UserFactory(email="ada@example.com", phone="13800138000")
    kind = KINDS["complaints"]

    result = load(
        kind,
        ("What went wrong", "User"),
        ("slow", ada.number.lower()),
        ("slower", "ADA@example.com"),
        ("slowest", "+86 138 0013 8000"),
        ("none", "U-999999"),
    )

    assert result.added == 3
    assert {one.user for one in kind.objects} == {ada.pk}
    assert said(result) == ["“User”: “…” is not known here."]


def test_lists_and_yes_or_no_are_read_from_one_cell(load, database):
    result = load(
        Staff,
        ("Name", "E-mail", "Roles", "May sign in"),
        ("Ann", "ann@example.com", "staff; Supervisor", "是"),
        ("Ben", "ben@example.com", "auditor", "no"),
        ("Cyd", "cyd@example.com", "auditor，king", "yes"),
        ("Dot", "dot@example.com", "auditor", "perhaps"),
    )

    ann, ben = Staff.objects.order_by("name")
    assert (ann.roles, ann.active) == (["staff", "supervisor"], True)
    assert (ben.roles, ben.active) == (["auditor"], False)
    assert said(result) == [
        "“Roles”: the mapping does not say what “king” means.",
        "“May sign in”: “perhaps” is neither yes nor no.",
    ]


def test_what_another_record_has_already_rejects_the_row_and_says_so(load, database):
    header = ("Name", "English")
    load(CannedReply, header, ("Thanks", "Thank you."))

    result = load(CannedReply, header, ("Thanks", "Many thanks."), ("Sorry", "We are sorry."))

    assert result.counts() == {"added": 1, "unchanged": 0, "rejected": 1}
    assert said(result) == ["“Name”: another record has this already, and there may be only one."]


def test_the_document_itself_judges_days_and_hours(load, database):
    result = load(
        CalendarDay,
        ("Calendar", "Day", "Working hours", "Reason"),
        ("CN", "2026-07-10", "09:00–12:00", "Typhoon"),
        ("TW", "2026-02-30", "", "No such day"),
    )

    assert CalendarDay.objects.get().hours == "09:00–12:00"
    assert said(result) == ["“Day”: “2026-02-30” does not fit."]


def test_an_absence_that_ends_before_it_begins_does_not_come_in(load, lin):
    header = ("Who is away", "From", "Until")
    result = load(
        Absence, header, ("Lin Mei", "2026-05-01", "2026-05-03"), ("Lin Mei", "2026-05-03", "2026-05-01")
    )

    assert result.counts() == {"added": 1, "unchanged": 0, "rejected": 1}
    assert Absence.objects.get().starts_at == datetime(2026, 4, 30, 16, tzinfo=UTC)


def test_a_preview_stores_nothing(tmp_path, now, lin):
    path = tmp_path / "rows.csv"
    path.write_text("Name,Who\nAda,Lin Mei\nBo,Nobody\n", encoding="utf-8")
    table = {"into": "users", "source": "x", "fields": {"name": "Name", "account_manager": "Who"}}

    found = preview(path, parse_mapping(table), now)

    assert [reading.record.account_manager for reading in found.new] == [lin.pk]
    assert [(line, str(fault)) for line, fault in found.faults] == [(3, "“Who”: “Nobody” is not known here.")]
    assert User.objects.count() == 0


# -- Undone ------------------------------------------------------------------------------------


def test_a_whole_import_of_users_is_taken_back_with_their_keys(load, database, now):
    before = UserFactory()
    result = load(User, ("Name",), *((f"Reader {n}",) for n in range(210)))

    outcome = undo.take_all_back(User, result.batch, "the wrong file", now)

    assert (outcome.done, outcome.problems) == (210, [])
    assert [user.pk for user in User.objects] == [before.pk]
    assert [row["_id"] for row in database[keys.COLLECTION].find()] == [before.pk]
    assert {stone.rule for stone in Tombstone.objects} == {"import undone: the wrong file"}


def test_who_is_referred_to_by_a_record_that_did_not_come_with_them_stays(load, database, now):
    result = load(User, ("Name",), ("Ada",), ("Bo",))
    ada, bo = sorted(User.objects, key=lambda user: user.name)
    ComplaintFactory(user=ada)

    outcome = undo.take_all_back(User, result.batch, "the wrong file", now)

    assert outcome.done == 1
    assert [one["message"] for one in outcome.problems] == ["Other records refer to it, so it stays."]
    assert User.objects.get().pk == ada.pk
    assert bo.pk not in {user.pk for user in User.objects}


def test_a_column_of_numbers_there_is_guessed_to_be_the_key():
    kind = KINDS["users"]

    assert guessed(kind, [Column("编号", ("1", "2")), Column("姓名", ("王芳",))], Words.of(kind, say)) == [
        KEY,
        "name",
    ]

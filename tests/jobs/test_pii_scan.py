"""What is left of an erased person in the words of others: found, decided on by a person, and blacked out."""

import io
import zipfile
from itertools import islice

import pytest
from pymongo.database import Database

from documents.conversation.attachment import Attachment
from documents.conversation.file_types import ALLOWED
from documents.conversation.note import Note
from documents.erasure.erasure_plan_item import Decision, items
from documents.people.user import User
from documents.tickets.complaint import Complaint
from documents.tickets.states import State
from documents.work.task import Task, TaskKind, progress
from jobs.erasure_plan import PlanErasure
from records.declaration.actions import ActionRefused, Upload
from records.storage import writer
from records.storage.audit import AuditAction, AuditEntry
from records.storage.database import database, in_transaction
from tests.jobs.erasure_helpers import ERASE, PLAN, again, approve, request_of
from tests.jobs.pdf_samples import bursting, locked, pdf, scan

pytestmark = pytest.mark.usefixtures("first_officer")
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8ffff3f0005fe"
    "02fedccc59e70000000049454e44ae426082"
)


@pytest.fixture
def other(now) -> User:
    return User(name="韩梅梅", email="han@example.cn").save(now=now)


def document(*paragraphs: str) -> bytes:
    """A Word document, as small as one can be; words are cut into runs, as Word does."""
    runs = "".join(
        f"<w:p>{''.join(f'<w:r><w:t>{letter}</w:t></w:r>' for letter in text)}</w:p>" for text in paragraphs
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parcel:
        parcel.writestr("[Content_Types].xml", "<Types/>")
        parcel.writestr("word/document.xml", f"<w:document>{runs}</w:document>")
    return file.getvalue()


def store_as(letter: Attachment, kind: str, content: bytes, now) -> None:
    """Keep other content under a file's record: what was whole when it came may be broken by now."""
    database()["attachments"].update_one({"_id": letter.pk}, {"$set": {"type": kind}})
    broken = again(letter)
    broken.restore_external(content)
    broken.save(now=now)


def asked(plan, question: str) -> set[tuple[str, tuple[str, ...]]]:
    return {(line.collection, tuple(line.residue)) for line in items(plan.pk, asks=question)}


def test_texts_that_speak_of_the_person_are_blacked_out_where_somebody_said_so(
    user, complain, plan, run, now, panel: Database
):
    other = User(name="韩梅梅").save(now=now)
    own = complain(user=user)
    own.screen(now)
    own.ask(now, "Called Mr 李雷 at 139 1234 5678.")
    others = complain(user=other, content="My neighbour 李雷 (lilei@example.cn) has the same lamp.")
    apart = complain(user=other, content="李 and 雷 are two other people.")
    made = plan()
    found = {(line.collection, tuple(line.residue)) for line in items(made.pk, asks="text")}
    assert found == {
        ("complaints", ("moves",)),
        ("complaints", ("content",)),
        ("audit", ("reason", "changes")),
    }
    made.decide(None, Decision.ACT, now)
    approve(made, now)

    run(ERASE)

    assert request_of(made).state == "done"
    assert again(own).moves[-1].note == "Called Mr ▇▇ at ▇▇."
    assert (again(own).state, again(own).moves[1].state) == (State.WAITING, State.SCREENING)
    assert again(others).content == "My neighbour ▇▇ (▇▇) has the same lamp."
    assert again(apart).content == "李 and 雷 are two other people."
    erasing = AuditEntry.objects(deed="erase", reason__ne="").as_pymongo()
    assert "李雷" not in str(list(erasing))


def test_nothing_that_somebody_typed_names_the_person_in_the_history_once_that_is_decided(
    user, complain, plan, run, now, panel: Database
):
    ticket = complain(user=None)
    ticket.hold(now, "李雷 will sue")
    again(ticket).release(now, "settled with lilei@example.cn")
    User(name="韩梅梅", source_note="Came with Li Lei, that is 李雷").save(now=now)
    made = plan()
    assert ("audit", ("reason", "changes")) in asked(made, "text")
    made.decide(None, Decision.ACT, now)
    approve(made, now)

    run(ERASE)

    said = str(list(panel["audit"].find()))
    assert not [word for word in ("李雷", "lilei@example.cn") if word in said]
    blacked = AuditEntry.objects(reason="▇▇ will sue").as_pymongo().first()
    assert blacked["blacked_out"]["at"] == now
    assert AuditEntry.objects(deed=AuditAction.ERASE, collection="audit", record=blacked["_id"]).count() == 1


def test_what_personal_fields_held_never_was_in_the_history(user, complain, now, panel: Database):
    ticket = complain(
        user=user, content="李雷 at 139 1234 5678", contact_name="李雷", contact_phone="13912345678"
    )
    Note.on(ticket, "李雷 called again", now)
    changed = again(user)
    changed.name, changed.email, changed.phone = "李小雷", "xiaolei@example.cn", "13987654321"
    changed.save(now=now)

    said = str(list(panel["audit"].find({"collection": {"$in": ["users", "complaints", "notes"]}})))

    hidden = ("李雷", "李小雷", "lilei@", "xiaolei@", "13912345678", "139 1234", "13987654321")
    assert [word for word in hidden if word in said] == []
    assert "'secret': True" in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("call.txt", "李雷 rang about it".encode()),
        ("letter.docx", document("Dear colleagues,", "李雷 rang about it")),
        ("letter.pdf", pdf("Dear colleagues,", "李 雷 rang about it")),
    ],
)
@pytest.mark.parametrize(("decision", "left"), [(Decision.ACT, 0), (Decision.LEAVE, 1)])
def test_a_file_whose_words_name_the_person_goes_where_somebody_says_so(
    other, complain, plan, run, now, name, content, decision, left
):
    ticket = complain(user=other)
    Attachment.on(ticket, Upload(name, "", content), "", now)
    Attachment.on(ticket, Upload("other.txt", "", b"Nothing of him."), "", now)
    made = plan()
    assert asked(made, "file") == {("attachments", ("file",))}
    made.decide(None, decision, now)
    approve(made, now)

    run(ERASE)

    assert request_of(made).state == "done"
    assert Attachment.objects.count() == left + 1
    assert again(ticket).content == "The lamp hums."


@pytest.mark.parametrize(("name", "content"), [("photo.png", PIXEL), ("scan.pdf", scan())])
def test_a_picture_beside_words_that_name_the_person_is_for_somebody_to_look_at(
    other, complain, plan, now, name, content
):
    spoken, silent = complain(user=other, content="Here is 李雷."), complain(user=other)
    seen = Attachment.on(spoken, Upload(name, "", content), "", now)
    Attachment.on(silent, Upload(name, "", content), "", now)

    made = plan()

    assert [line.record for line in items(made.pk, asks="unread")] == [seen.pk]
    assert items(made.pk, asks="file") == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("letter.pdf", locked(pdf("李雷"), "secret")),
        ("letter.pdf", pdf("李雷")[:300]),
        ("letter.pdf", bursting()),
        ("letter.docx", document("李雷" * 500)[:-200] + b"PK\x05\x06"),
    ],
    ids=["locked", "cut off", "bursting", "broken office"],
)
def test_a_letter_that_no_program_could_read_is_for_somebody_to_look_at_and_stays_unless_they_say_so(
    other, complain, plan, run, now, name, content
):
    ticket = complain(user=other)
    letter = Attachment.on(ticket, Upload("letter.txt", "", b"to be replaced"), "", now)
    store_as(letter, ALLOWED[f".{name.split('.')[1]}"], content, now)
    made = plan()
    assert asked(made, "unread") == {("attachments", ())}

    assert made.decide(None, Decision.ACT, now) == 0
    assert made.decide(None, Decision.LEAVE, now) == 1
    assert made.decide([line.pk for line in items(made.pk, asks="unread")], Decision.ACT, now) == 1
    approve(made, now)
    run(ERASE)

    assert request_of(made).state == "done"
    assert (again(letter), again(ticket).content) == (None, "The lamp hums.")


def test_a_letter_that_says_nothing_of_the_person_is_no_matter(other, complain, plan, now):
    ticket = complain(user=other)
    for content in (pdf("李 and 雷 are two people."), locked(pdf("Nobody."), ""), scan()):
        Attachment.on(ticket, Upload("letter.pdf", "", content), "", now)

    assert plan().undecided == 0


def test_words_that_no_index_holds_are_found_as_well(other, complain, plan, now):
    complain(user=other, content="He rang from 139 1234 5678.")
    complain(user=other, content=f"{'x ' * 3000} and 李雷")

    assert len(items(plan().pk, asks="text")) == 2


def test_a_namesake_keeps_their_name(complain, plan, now):
    namesake = User(name="李雷", email="another.lilei@example.cn", project_needs="A desk").save(now=now)

    assert not items(plan().pk, record=namesake.pk)


def test_another_user_with_the_same_phone_is_named_and_left_alone_if_somebody_else(
    user, complain, plan, run, now
):
    wife = User(name="韩梅梅", phone="+86 139 1234 5678").save(now=now)
    hers = complain(user=wife)
    made = plan()
    assert asked(made, "person") == {("users", ())}
    made.decide([line.pk for line in items(made.pk, asks="person")], Decision.LEAVE, now)
    approve(made, now)

    run(ERASE)

    assert request_of(made).state == "done"
    assert (again(user), again(wife).name, again(hers).content) == (None, "韩梅梅", "The lamp hums.")


def test_all_at_once_decides_on_no_other_user(user, plan, now):
    User(name="韩梅梅", phone="+86 139 1234 5678").save(now=now)
    made = plan()

    assert made.decide(None, Decision.ACT, now) == 0
    assert again(made).undecided == 1


@pytest.mark.clause("R24")
def test_the_same_person_twice_in_the_register_goes_whole_by_a_plan_of_both(user, complain, plan, run, now):
    twin = User(name="Li Lei", email="lilei@example.cn", phone="13700000000").save(now=now)
    theirs = complain(user=twin)
    complain(user=None, contact_phone="13700000000")
    speaks = complain(user=None, content="Was 李雷 here?")
    made = plan()
    made.decide([line.pk for line in items(made.pk, asks="text")], Decision.LEAVE, now)

    again(made).decide([line.pk for line in items(made.pk, asks="person")], Decision.ACT, now)
    run(PLAN)

    assert (again(made).state, request_of(made).people) == ("void", [user.pk, twin.pk])
    both = again(made).__class__.objects(pk=request_of(made).plan).first()
    assert both.counts == {"complaints": {"anonymise": 2, "redact": 1}, "users": {"erase": 2}}
    assert [line.decision for line in items(both.pk, record=speaks.pk)] == ["leave"]
    assert both.undecided == 1  # the complaint with her other phone, which only this plan knows
    both.decide(None, Decision.ACT, now)
    approve(both, now)
    run(ERASE)
    assert (request_of(made).state, User.objects.count()) == ("done", 0)
    assert (again(theirs).content, Complaint.objects(anonymised_at=None).count()) == (None, 1)


def test_a_plan_whose_making_breaks_off_after_every_turn_names_each_record_once(
    user, other, complain, plan, run, now
):
    complain(user=user)
    for words in ("Here is 李雷.", "Nobody.", "lilei@example.cn wrote."):
        complain(user=other, content=words)
    complain(user=None, contact_email=user.email).hold(now, "李雷 will sue")
    whole = plan()
    again(whole).renew(now)
    task = Task.objects(kind=TaskKind.ERASURE_PLAN, state="waiting").first()

    def turn() -> bool:
        here = again(task)
        worker = PlanErasure(here)  # a new process, which knows what is stored and no more
        found = list(islice(worker.items(), 3))
        if found:
            worker.do(found, now)
            progress(here, {"cursor": worker.cursor_after(found[-1])})
        return bool(found)

    while in_transaction(turn):
        pass

    parts = items(task.params["plan"])
    said = {(line.collection, line.record, str(line.found), tuple(line.residue)) for line in parts}
    before = {
        (line.collection, line.record, str(line.found), tuple(line.residue)) for line in items(whole.pk)
    }
    assert len(parts) == len(said)
    assert before <= said  # and what the history says of the first plan


def test_what_changed_since_the_plan_was_made_cannot_be_approved(user, complain, plan, now):
    complaint = complain(user=user)
    made = plan()
    complaint.measures = "We called him."
    complaint.save(now=now)

    with pytest.raises(ActionRefused, match="have changed"):
        approve(made, now)


def test_one_gone_and_one_come_is_a_change(user, complain, plan, now):
    gone = complain(user=user)
    made = plan()
    assert not made.has_changed()
    writer.delete(again(gone), now=now)
    complain(user=user)

    assert made.has_changed()

"""Notes, evidence, black bars and links: what is kept with a ticket, and goes where it goes."""

import io
import zipfile
from decimal import Decimal

import pytest

import runtime
from documents.conversation.attachment import BUCKET, Attachment
from documents.conversation.file_types import LARGEST
from documents.conversation.note import Note
from documents.erasure import erase
from documents.people.user import User
from documents.service.price import Currency
from documents.tickets.attachments_and_notes import OF_ITS_PERSON
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from documents.tickets.redaction import BLACK, About, blacked_out
from documents.tickets.refund import Refund
from exchange.exporting import ExportLabels
from exchange.exporting.row_formatter import RowFormatter
from exchange.person_copy import archive
from records.declaration.actions import ActionRefused, Upload
from records.declaration.policy import Fate
from records.declaration.registry import registered
from records.lists import search
from records.storage import keys
from records.storage.audit import AuditEntry
from records.storage.encrypted_file import FileGone
from security.ciphers import DecryptionError
from security.keyring import Keyring

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF\n"
HTML = b"<!doctype html><html><script>alert(1)</script></html>"
WORDING = ExportLabels({}, {}, "yes", "no", "(erased)")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture(autouse=True)
def keyring(database, actor):
    runtime.configure(keyring=Keyring.new())


@pytest.fixture
def person(now):
    return User(name="李雷").save(now=now)


@pytest.fixture
def ticket(person, now):
    return Complaint(content="王五 said that the lamp of 王五 hums.", user=person).save(now=now)


def upload(content=PNG, name="lamp.png", media_type="image/png"):
    return Upload(name, media_type, content)


def files():
    return Attachment._get_db()[f"{BUCKET}.files"].count_documents({})


@pytest.mark.clause("R48", "R65")
def test_a_note_is_kept_apart_from_what_the_person_said(ticket, now):
    ticket.add_note(now, "Ask the workshop.")

    note = Note.objects.get()
    assert (note.text, note.by, note.ticket, note.user) == (
        "Ask the workshop.",
        "Lin Mei",
        ticket.pk,
        ticket.user,
    )
    assert Complaint.objects.get(pk=ticket.pk).content == ticket.content


class TestEvidence:
    @pytest.mark.clause("R61")
    def test_a_file_is_kept_sealed_and_comes_back_as_it_was(self, ticket, now, database):
        ticket.attach(now, upload(PNG * 9000), "the lamp")

        one = Attachment.objects.get()
        assert (one.name, one.type, one.size, one.what) == (
            "lamp.png",
            "image/png",
            len(PNG) * 9000,
            "the lamp",
        )
        assert b"".join(one.pieces()) == PNG * 9000
        assert not any(PNG in bytes(row["data"]) for row in database[f"{BUCKET}.chunks"].find())

    @pytest.mark.parametrize(
        ("content", "name", "kept"),
        [
            (PNG, "lamp.png", "lamp.png"),
            (PNG, "lamp", "lamp.png"),
            (PNG, "page.html", "page.png"),
            (PDF, "offer.pdf", "offer.pdf"),
            (PDF, "offer.png", "offer.pdf"),
            (b"just words", "words.txt", "words.txt"),
            (PNG, "../../etc/passwd.png", "passwd.png"),
            (PNG, "C:\\lamp\r\n.png", "lamp.png"),
            (PNG, "灯.png", "灯.png"),
        ],
    )
    def test_a_file_is_called_by_what_it_is(self, ticket, now, content, name, kept):
        ticket.attach(now, upload(content, name))

        assert Attachment.objects.get().name == kept

    @pytest.mark.parametrize(
        ("content", "name"),
        [
            (HTML, "lamp.png"),
            (HTML, "lamp.html"),
            (HTML, "lamp.txt"),
            (SVG, "lamp.svg"),
            (SVG, "lamp.png"),
            (SVG, "lamp.txt"),
            (b"MZ\x90\x00" + b"\x00" * 200, "lamp.exe"),
            (b"#!/bin/sh\nrm -rf /", "lamp.sh"),
            (b"", "lamp.png"),
            (PNG + b"\x00" * (LARGEST + 1 - len(PNG)), "lamp.png"),
        ],
        ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
    )
    def test_what_a_browser_might_run_or_is_too_large_is_refused(self, ticket, now, content, name):
        with pytest.raises(ActionRefused):
            ticket.attach(now, upload(content, name))

        assert (Attachment.objects.count(), files()) == (0, 0)

    def test_the_largest_file_is_kept(self, ticket, now):
        ticket.attach(now, upload(PNG + b"\x00" * (LARGEST - len(PNG))))

        assert Attachment.objects.get().size == LARGEST

    @pytest.mark.parametrize(
        ("members", "kept"),
        [
            (["[Content_Types].xml", "word/document.xml"], "offer.docx"),
            (["[Content_Types].xml", "xl/workbook.xml"], "offer.xlsx"),
            (["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"], None),
            (["anything.js"], None),
        ],
    )
    def test_an_office_document_is_told_from_any_other_archive(self, ticket, now, members, kept):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as made:
            for member in members:
                made.writestr(member, "…")
        sent = upload(packed.getvalue(), "offer.docx")

        if kept:
            ticket.attach(now, sent)
            assert Attachment.objects.get().name == kept
        else:
            with pytest.raises(ActionRefused):
                ticket.attach(now, sent)

    def test_a_file_that_was_altered_does_not_open(self, ticket, now, database):
        ticket.attach(now, upload())
        chunk = database[f"{BUCKET}.chunks"].find_one()
        altered = bytes(chunk["data"][:-1]) + bytes([chunk["data"][-1] ^ 1])
        database[f"{BUCKET}.chunks"].update_one({"_id": chunk["_id"]}, {"$set": {"data": altered}})

        with pytest.raises(DecryptionError):
            b"".join(Attachment.objects.get().pieces())

    def test_without_the_persons_key_a_file_is_gone(self, ticket, person, now):
        ticket.attach(now, upload())
        keys.destroy([person.pk])

        with pytest.raises(FileGone):
            Attachment.objects.get().pieces()


@pytest.mark.clause("R24")
@pytest.mark.parametrize("fate", [Fate.ERASE, Fate.ANONYMISE])
def test_papers_go_with_their_ticket(ticket, now, fate):
    ticket.add_note(now, "Ask the workshop.")
    ticket.attach(now, upload())

    erase.apply_fate([ticket], fate, "for a test", now)

    assert (Note.objects.count(), Attachment.objects.count(), files()) == (0, 0, 0)


def test_papers_follow_their_ticket_to_another_person(ticket, person, now):
    ticket.add_note(now, "Ask the workshop.")
    ticket.attach(now, upload())
    other = User(name="韩梅").save(now=now)

    ticket.user = other
    ticket.save(now=now)
    keys.destroy([person.pk])
    keys.forget()

    assert (Note.objects.get().user, Note.objects.get().text) == (other.pk, "Ask the workshop.")
    assert b"".join(Attachment.objects.get().pieces()) == PNG


@pytest.mark.clause("R9")
def test_a_refund_follows_its_ticket_to_another_person_and_outlives_the_first(ticket, person, now):
    Refund.asked(ticket, Decimal(50), Currency.CNY, "王五 paid twice", now)
    Refund.objects.get().pay(now, "Alipay, li@example.cn")
    other = User(name="韩梅").save(now=now)

    ticket.user = other
    ticket.save(now=now)
    keys.destroy([person.pk])
    keys.forget()

    kept = Refund.objects.get()
    assert (kept.user, kept.why, kept.paid_how) == (other.pk, "王五 paid twice", "Alipay, li@example.cn")


def test_what_belongs_to_a_ticket_is_all_that_is_about_one(actor):
    about_tickets = {
        kind for kind in registered() if "ticket" in kind._fields and kind.policy.subject == "user"
    }

    assert about_tickets == set(OF_ITS_PERSON)


class TestBlackingOut:
    @pytest.mark.clause("R48", "R56")
    def test_the_words_are_black_wherever_they_stand_and_the_original_stays(self, ticket, now):
        ticket.black_out(now, "王五", "somebody else's name")

        stored = Complaint.objects.get(pk=ticket.pk)
        assert stored.content == "王五 said that the lamp of 王五 hums."
        seen = blacked_out("content", stored.content, stored.stored["redactions"])
        assert seen == f"{BLACK * 2} said that the lamp of {BLACK * 2} hums."

    def test_the_history_tells_why_and_not_what(self, ticket, now):
        ticket.black_out(now, "王五", "somebody else's name")

        entry = AuditEntry.objects(record=ticket.pk).order_by("-id").first()
        assert entry.reason == "somebody else's name"
        assert "王五" not in str(entry.changes)

    @pytest.mark.parametrize("words", ["赵六", ""])
    def test_words_that_do_not_stand_there_cannot_be_blacked_out(self, ticket, now, words):
        with pytest.raises(ActionRefused):
            ticket.black_out(now, words, "somebody else's name")

        assert Complaint.objects.get(pk=ticket.pk).redactions == []


class TestWhereBlackedOutWordsStillStand:
    """Nowhere that people read: not in what search finds, in exports, or in the copy of somebody else."""

    @pytest.fixture
    def hidden(self, ticket, now):
        ticket.black_out(now, "王五", "somebody else's name")
        return ticket

    @pytest.mark.clause("R48", "R56")
    @pytest.mark.parametrize(("words", "found"), [("王五", 0), ("王", 0), ("lamp", 1)])
    def test_search_no_longer_finds_the_words_and_still_finds_the_others(self, hidden, words, found):
        assert len(search.ids(Complaint, words, 5)) == found

    def test_search_found_them_before(self, ticket):
        assert search.ids(Complaint, "王五", 5) == [ticket.pk]

    def test_an_index_made_anew_does_not_bring_them_back(self, hidden, database):
        database["complaints"].update_one({}, {"$unset": {"search": ""}})
        search.rebuild([Complaint])

        assert search.ids(Complaint, "王五", 5) == []
        assert search.ids(Complaint, "lamp", 5) == [hidden.pk]

    @pytest.mark.clause("R56")
    @pytest.mark.parametrize("columns", [("content",), ("number", "content")])
    def test_an_export_holds_black_bars(self, hidden, columns):
        values = RowFormatter(Complaint, columns, WORDING, "UTC")
        rows = list(hidden._get_collection().find({}, values.fields))

        assert values.of(rows)[0][-1] == f"{BLACK * 2} said that the lamp of {BLACK * 2} hums."

    @pytest.mark.clause("R9")
    @pytest.mark.parametrize(
        ("about", "readable"), [(About.THIRD_PERSON, False), (About.PERSON, True), (About.NOBODY, True)]
    )
    def test_people_get_their_own_words_but_not_what_tells_of_others(
        self, ticket, person, now, about, readable
    ):
        ticket.black_out(now, "王五", "so they asked", about)

        parcel = io.BytesIO()
        list(archive.write(person.pk, parcel, now))
        with zipfile.ZipFile(parcel) as made:
            copied = b"".join(made.read(name) for name in made.namelist()).decode()
        assert ("王五" in copied) is readable
        assert "said that the lamp of" in copied

    def test_what_was_blacked_out_before_anybody_said_of_whom_it_tells_is_taken_for_of_others(self, hidden):
        hidden.redactions[0].about = None

        assert "王五" not in hidden.subject_copy_value("content").partition(" ")[0]


def test_tickets_of_both_registers_are_linked_by_number(ticket, person, now):
    said = Feedback(words="It hums.", user=person).save(now=now)

    ticket.relate(now, f" {said.number.lower()} ")

    assert Complaint.objects.get(pk=ticket.pk).links[0].ticket == said.pk
    assert Feedback.objects.get(pk=said.pk).links[0].number == ticket.number


@pytest.mark.parametrize("number", ["F-2030-999999", "", "C-2030-000001"])
def test_a_number_of_no_other_ticket_is_refused(ticket, now, number):
    with pytest.raises(ActionRefused):
        ticket.relate(now, ticket.number if number.startswith("C") else number)

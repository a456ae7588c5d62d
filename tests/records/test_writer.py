"""One place writes: it knows who acts, never overwrites another's change, and leaves an entry."""

from contextlib import suppress
from datetime import timedelta

import pytest
from bson import ObjectId
from mongoengine import ValidationError

import runtime
from records.storage import writer
from records.storage.audit import AuditAction, AuditEntry
from records.storage.database import in_transaction, session
from records.storage.record import DirectWriteError
from records.storage.writer import ConcurrentModification, DuplicateValue, ImmutableField, RecordDeleted
from security.actor import Actor, NobodyActing, act_as
from security.keyring import Keyring
from tests.records.sample_document import Letter, Stamp


@pytest.fixture(autouse=True)
def letters(database):
    runtime.configure(keyring=Keyring.new())
    return database["letters"]


@pytest.fixture
def letter(actor, now) -> Letter:
    return Letter(title="On doors", body="They creak.").save(now=now, reason="came by post")


def again(letter: Letter) -> Letter:
    return Letter.objects(pk=letter.pk).first()


def entries(letter: Letter) -> list[AuditEntry]:
    return list(AuditEntry.objects(record=letter.pk).order_by("id"))


# -- Who acts


def test_nobody_writes_without_a_name(letters):
    with pytest.raises(NobodyActing):
        Letter(title="On doors").save()

    assert letters.count_documents({}) == 0


def test_nobody_changes_or_deletes_without_a_name_either(letters, now):
    with act_as(Actor.command("test")):
        letter = Letter(title="On doors").save(now=now)
    letter.title = "On windows"

    with pytest.raises(NobodyActing):
        letter.save()
    with pytest.raises(NobodyActing):
        letter.delete()

    assert letters.find_one()["title"] == "On doors"


def test_a_query_never_writes(letter):
    for write in ("update", "update_one", "upsert_one", "modify", "delete", "insert", "create"):
        with pytest.raises(DirectWriteError):
            getattr(Letter.objects(pk=letter.pk), write)(set__title="On windows")
    with pytest.raises(DirectWriteError):
        letter.modify(set__title="On windows")


# -- Versions


def test_a_save_counts_one_version_and_says_when(letter, now):
    later = now + timedelta(hours=1)
    letter.title = "On windows"
    letter.save(now=later)

    found = again(letter)
    assert (found.version, found.created_at, found.updated_at) == (2, now, later)


def test_a_stale_save_writes_nothing(letter, letters):
    mine, theirs = again(letter), again(letter)
    theirs.title = "On windows"
    theirs.save()
    before, known = letters.find_one(), len(entries(letter))

    mine.pages = 3
    with pytest.raises(ConcurrentModification):
        mine.save()

    assert letters.find_one() == before
    assert len(entries(letter)) == known


def test_a_save_after_the_newest_read_goes_through(letter):
    theirs = again(letter)
    theirs.title = "On windows"
    theirs.save()

    mine = again(letter)
    mine.pages = 3
    mine.save()

    assert (again(letter).title, again(letter).pages) == ("On windows", 3)


def test_a_record_deleted_meanwhile_is_not_brought_back(letter, letters):
    mine = again(letter)
    again(letter).delete()

    mine.title = "On windows"
    with pytest.raises(RecordDeleted):
        mine.save()

    assert letters.count_documents({}) == 0


def test_what_changed_meanwhile_is_not_deleted(letter, letters):
    mine, theirs = again(letter), again(letter)
    theirs.title = "On windows"
    theirs.save()

    with pytest.raises(ConcurrentModification):
        mine.delete()

    assert letters.count_documents({}) == 1


def test_deleting_twice_says_that_it_is_gone(letter):
    mine, theirs = again(letter), again(letter)
    theirs.delete()

    with pytest.raises(RecordDeleted):
        mine.delete()


# -- What is written


def test_a_save_that_changes_nothing_writes_nothing(letter, letters):
    before, known = letters.find_one(), len(entries(letter))

    found = again(letter)
    found.title = "On doors"
    found.body = "They creak."
    found.save()

    assert letters.find_one() == before
    assert len(entries(letter)) == known


def test_a_save_sends_only_what_changed(letter, letters):
    letters.update_one({"_id": letter.pk}, {"$set": {"weight": 7}})  # by a program that knows more fields
    found = again(letter)
    sealed = letters.find_one()["body"]

    found.title = "On windows"
    found.save()

    stored = letters.find_one()
    assert (stored["title"], stored["weight"], stored["body"]) == ("On windows", 7, sealed)


@pytest.mark.parametrize("words", ["", " two  spaces ", "a\r\nb", "a\rb", "\ttab"])
def test_text_is_kept_letter_for_letter(actor, letters, words):
    letter = Letter(title="On doors", words=[words], body=words).save()

    found = again(letter)
    found.pages = 2
    found.save()

    assert again(letter).words == [words]
    assert again(letter).body == words


def test_a_field_that_was_never_stored_is_not_added_by_a_save_without_change(letter, letters):
    letters.update_one({"_id": letter.pk}, {"$unset": {"words": "", "stamps": ""}})
    before = letters.find_one()

    again(letter).save()

    assert letters.find_one() == before


def test_what_another_program_put_into_a_part_of_a_record_stays_there(letter, letters):
    marks = [{"place": "Taipei", "ink": "red"}]
    letters.update_one({"_id": letter.pk}, {"$set": {"stamps": marks}})

    again(letter).save()
    assert (letters.find_one()["stamps"], letters.find_one()["version"]) == (marks, 1)

    found = again(letter)
    found.stamps.append(Stamp(place="Beijing"))
    found.save()
    assert letters.find_one()["stamps"] == [*marks, {"place": "Beijing"}]


def test_emptying_a_field_removes_it(letter, letters):
    letter.body = None
    letter.save()

    assert "body" not in letters.find_one()


def test_what_is_emptied_or_set_for_the_first_time_is_told_without_reading_the_record_again(
    letter, letters, now, monkeypatch
):
    found = again(letter)
    found.title, found.body, found.day, found.hold_reason = "On windows", None, now, "A lawsuit"
    monkeypatch.setattr(Letter, "_from_son", None)  # to read it costs as much as all the rest
    found.save()

    stored = letters.find_one()
    assert ("body" in stored, stored["day"], stored["hold_reason"]) == (False, now, "A lawsuit")
    assert stored["search"] != letter.search


def test_what_does_not_fit_its_declaration_is_not_stored(letter, letters):
    before = letters.find_one()
    letter.pages = 0

    with pytest.raises(ValidationError, match="pages"):
        letter.save()

    assert letters.find_one() == before


def test_what_was_fine_under_an_older_rule_does_not_stop_other_changes(letter, letters):
    letters.update_one({"_id": letter.pk}, {"$set": {"pages": 0}})
    found = again(letter)

    found.title = "On windows"
    found.save()
    assert (letters.find_one()["title"], letters.find_one()["pages"]) == ("On windows", 0)

    found.pages = -1
    with pytest.raises(ValidationError, match="pages"):
        found.save()


# -- Fields with rules of their own


def test_a_locked_field_is_filled_once(letter):
    letter.key = "A"
    letter.save()

    letter.key = "B"
    with pytest.raises(ImmutableField) as refused:
        letter.save()

    assert refused.value.name == "key"
    assert again(letter).key == "A"


def test_a_list_that_only_grows_takes_more(letter):
    letter.stamps.append(Stamp(place="Taipei"))
    letter.save()
    letter.stamps.append(Stamp(place="Beijing"))
    letter.save()

    assert [stamp.place for stamp in again(letter).stamps] == ["Taipei", "Beijing"]


@pytest.mark.parametrize("places", [[], ["Beijing"], ["Beijing", "Taipei"], ["Tainan", "Beijing"]])
def test_a_list_that_only_grows_loses_and_alters_nothing(letter, places):
    letter.stamps = [Stamp(place="Taipei"), Stamp(place="Beijing")]
    letter.save()

    letter.stamps = [Stamp(place=place) for place in places]
    with pytest.raises(ImmutableField):
        letter.save()

    assert [stamp.place for stamp in again(letter).stamps] == ["Taipei", "Beijing"]


def test_a_value_that_may_stand_once_names_its_field(actor, now):
    from documents.staff.staff import RoleName, Staff

    Staff(name="Lin", email="lin@example.com", roles=[RoleName.STAFF]).save()
    with pytest.raises(DuplicateValue) as refused:
        Staff(name="Lan", email="lin@example.com", roles=[RoleName.STAFF]).save()

    assert refused.value.name == "email"


# -- The entry


def test_a_new_record_leaves_who_what_when_why_and_from_where(letter, now):
    (entry,) = entries(letter)

    assert (entry.deed, entry.collection, entry.at) == (AuditAction.CREATE, "letters", now)
    assert (entry.actor, entry.actor_name, entry.origin) == ("staff:lin", "Lin Mei", "127.0.0.1")
    assert entry.reason == "came by post"


def test_a_change_leaves_what_it_was_and_what_it_is(letter):
    letter.title = "On windows"
    letter.words = ["glass", "wood"]
    letter.save()

    by_field = {change["field"]: change for change in entries(letter)[-1].changes}
    assert by_field["title"] == {"field": "title", "from": "On doors", "to": "On windows"}
    assert by_field["words"] == {"field": "words", "added": ["glass", "wood"], "removed": []}
    assert set(by_field) == {"title", "words"}


def test_a_personal_value_stands_in_the_entry_as_a_keyed_hash_only(letter, database):
    letter.body = "They creak at night."
    letter.save()

    change = entries(letter)[-1].changes[0]
    assert (change["field"], change["secret"]) == ("body", True)
    assert len(change["from"]) == len(change["to"]) == 64
    assert change["from"] != change["to"]
    assert "creak" not in str(list(database["audit"].find()))


def test_a_deletion_leaves_an_entry(letter):
    letter.delete(reason="sent to the wrong house")

    assert (entries(letter)[-1].deed, entries(letter)[-1].reason) == (
        AuditAction.DELETE,
        "sent to the wrong house",
    )


def test_record_and_entry_are_stored_together_or_not_at_all(letter, letters, monkeypatch):
    before, known = letters.find_one(), len(entries(letter))
    insert = type(letters).insert_many

    def fail_on_the_trail(collection, *args, **options):
        if collection.name == "audit":
            raise RuntimeError("the power went out between the two")
        return insert(collection, *args, **options)

    monkeypatch.setattr(type(letters), "insert_many", fail_on_the_trail)
    letter.title = "On windows"
    with pytest.raises(RuntimeError):
        letter.save()

    assert letters.find_one() == before
    assert len(entries(letter)) == known
    monkeypatch.undo()
    letter.save()  # the record in memory still knows what is to be written
    assert again(letter).title == "On windows"


# -- Many at once


def test_many_are_stored_together(actor, letters):
    assert writer.save(*(Letter(title=f"Letter {n}") for n in range(5))) == 5
    assert letters.count_documents({}) == 5


def test_of_many_none_is_stored_where_one_is_stale(letter, letters):
    other = Letter(title="On roofs").save()
    stale = again(letter)
    letter.pages = 2
    letter.save()

    other.pages, stale.pages = 9, 9
    with pytest.raises(ConcurrentModification):
        writer.save(other, stale, Letter(title="New"))

    assert sorted(row.get("pages", 0) for row in letters.find()) == [0, 2]


def test_of_many_none_is_deleted_where_one_changed(letter, letters):
    other = Letter(title="On roofs").save()
    stale = again(letter)
    letter.pages = 2
    letter.save()

    with pytest.raises(ConcurrentModification):
        writer.delete(other, stale)

    assert letters.count_documents({}) == 2


@pytest.mark.parametrize("count", [2, 40])
def test_what_is_saved_together_takes_as_few_commands_as_one(actor, letters, commands, count):
    def write():
        with writer.batched_writes():
            for n in range(count):
                Letter(title=f"Letter {n}").save()

    commands.forget()
    in_transaction(write)

    written = [name for name, _collection in commands.sent if name in {"insert", "update"}]
    assert len(written) == 2  # the letters, and their entries
    assert letters.count_documents({}) == AuditEntry.objects.count() == count


def test_a_query_sees_what_was_saved_together_before_it(actor, letters):
    seen = []

    def write():
        with writer.batched_writes():
            Letter(title="On doors").save()
            seen.append(letters.count_documents({}, session=session()))
            Letter(title="On windows").save()
        seen.append(letters.count_documents({}, session=session()))

    in_transaction(write)

    assert seen == [1, 2]


def test_of_what_is_saved_together_none_is_stored_where_one_is_stale(letter, letters):
    other = Letter(title="On roofs").save()
    stale = again(letter)
    letter.pages = 2
    letter.save()

    def write():
        with writer.batched_writes():
            for one in (other, stale):
                one.pages = 9
                one.save()

    with pytest.raises(ConcurrentModification):
        in_transaction(write)

    assert sorted(row.get("pages", 0) for row in letters.find()) == [0, 2]


def test_where_saving_together_breaks_off_nothing_is_written_later(letter, letters):
    def break_off():
        with writer.batched_writes():
            letter.title = "On windows"
            letter.save()
            raise RuntimeError

    def write():
        with suppress(RuntimeError):
            break_off()
        letters.count_documents({}, session=session())

    in_transaction(write)

    assert letters.find_one()["title"] == "On doors"


def test_a_larger_transaction_takes_its_writes_with_it(letter, letters):
    def change_and_fail():
        letter.title = "On windows"
        letter.save()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        in_transaction(change_and_fail)

    assert letters.find_one()["title"] == "On doors"
    assert len(entries(letter)) == 1


def test_a_note_stands_for_a_deed_without_a_change(actor, now):
    pk = ObjectId()
    writer.record_event(AuditAction.REVEAL, "letters", pk, "to call back", now)

    found = AuditEntry.objects(record=pk).first()
    assert (found.deed, found.reason, found.at, found.actor) == (
        AuditAction.REVEAL,
        "to call back",
        now,
        "staff:lin",
    )

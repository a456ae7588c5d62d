"""Moments keep their zone, references point without looking, and personal text is sealed."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from bson import ObjectId
from mongoengine import StringField, ValidationError

import runtime
from records.declaration import fields
from records.storage import keys
from records.storage.database import in_transaction
from security.ciphers import DecryptionError
from security.keyring import Keyring
from tests.factories import UserFactory
from tests.records.sample_document import Letter


@pytest.fixture(autouse=True)
def letters(database, actor):
    runtime.configure(keyring=Keyring.new())
    return database["letters"]


def again(letter: Letter) -> Letter:
    return Letter.objects(pk=letter.pk).first()


# -- Moments


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(ValidationError, match="time zone"):
        Letter(title="x", day=datetime(2030, 1, 1))  # noqa: DTZ001 — the mistake itself


def test_a_moment_comes_back_in_utc_to_the_millisecond():
    taipei = timezone(timedelta(hours=8))
    letter = Letter(title="x", day=datetime(2030, 1, 1, 9, 30, 15, 123_999, tzinfo=taipei)).save()

    assert again(letter).day == datetime(2030, 1, 1, 1, 30, 15, 123_000, tzinfo=UTC)
    assert again(letter).day.tzinfo is not None


# -- References


def test_a_reference_takes_a_record_or_its_id_and_gives_the_id():
    user = UserFactory()

    assert Letter(writer=user).writer == Letter(writer=user.pk).writer == user.pk


def test_a_reference_to_nobody_is_no_error():
    letter = Letter(title="x", writer=ObjectId()).save()

    assert again(letter).writer == letter.writer


# -- Patterns


def test_a_pattern_is_sent_as_a_document(letters):
    assert Letter.objects(title__icontains="oo")._query == {"title": {"$regex": "oo", "$options": "i"}}
    assert Letter.objects(title__startswith="On (")._query == {
        "title": {"$regex": r"^On\ \(", "$options": ""}
    }


@pytest.mark.parametrize("question", ["icontains", "contains", "istartswith", "startswith", "iexact"])
def test_an_indexed_field_is_found_by_a_pattern(letters, question):
    letters.create_index("title")
    Letter(title="On doors").save()
    asked = "On doors" if question.endswith("exact") else "On d"

    assert Letter.objects(**{f"title__{question}": asked}).count() == 1


def test_a_compiled_pattern_is_what_the_wrapper_is_there_for(monkeypatch):
    """Without it MongoEngine sends a compiled one: on an indexed field the embedded database finds
    nothing by it, and says nothing."""
    monkeypatch.setattr(
        StringField, "prepare_query_value", StringField.prepare_query_value.__closure__[0].cell_contents
    )

    assert isinstance(Letter.objects(title__icontains="oo")._query["title"], re.Pattern)


# -- Sealed text


@pytest.mark.clause("R98")
def test_personal_text_is_stored_sealed_and_read_in_the_clear(letters):
    letter = Letter(title="x", body="The door creaks.", sender="lilei@example.cn").save()

    raw = str(letters.find_one())
    assert "creaks" not in raw
    assert "lilei" not in raw
    assert (again(letter).body, again(letter).sender) == ("The door creaks.", "lilei@example.cn")


def test_the_same_text_is_sealed_differently_each_time(letters):
    for _ in range(2):
        Letter(title="x", body="The door creaks.").save()

    one, other = letters.find()
    assert one["body"][13:] != other["body"][13:]


def test_a_value_moved_to_another_record_does_not_open(letters):
    user = UserFactory()
    mine, other = (Letter(title="x", writer=user, body=f"Secret {n}").save() for n in range(2))

    letters.update_one({"_id": other.pk}, {"$set": {"body": letters.find_one({"_id": mine.pk})["body"]}})

    with pytest.raises(DecryptionError):
        _ = again(other).body
    assert again(mine).body == "Secret 0"


def test_a_value_moved_to_another_field_does_not_open(letters):
    letter = Letter(title="x", body="The door creaks.", sender="lilei@example.cn").save()

    letters.update_one({"_id": letter.pk}, {"$set": {"body": letters.find_one()["sender"]}})

    with pytest.raises(DecryptionError):
        _ = again(letter).body


def test_an_altered_value_does_not_open(letters):
    letter = Letter(title="x", body="The door creaks.").save()
    sealed = bytearray(letters.find_one()["body"])
    sealed[-1] ^= 1

    letters.update_one({"_id": letter.pk}, {"$set": {"body": bytes(sealed)}})

    with pytest.raises(DecryptionError):
        _ = again(letter).body


@pytest.mark.clause("R24")
def test_without_its_key_a_value_is_gone_and_says_so():
    user = UserFactory()
    letter = Letter(title="x", writer=user, body="The door creaks.").save()
    assert not again(letter).is_erased("body")

    in_transaction(lambda: keys.destroy([user.pk]))

    assert again(letter).body is None
    assert again(letter).is_erased("body")
    assert not again(letter).is_erased("sender")  # which it never had


def test_a_record_whose_key_is_gone_can_still_be_changed():
    user = UserFactory()
    letter = Letter(title="x", writer=user, body="The door creaks.").save()
    in_transaction(lambda: keys.destroy([user.pk]))

    found = again(letter)
    found.pages = 3
    found.save()

    assert (again(letter).pages, again(letter).body) == (3, None)


def test_sealed_fields_are_not_searched_by_value():
    with pytest.raises(TypeError, match="encrypted"):
        list(Letter.objects(body="The door creaks."))


def test_sealed_text_is_written_by_one_way_only():
    with pytest.raises(TypeError, match="sealed only"):
        Letter(title="x", body="The door creaks.").to_mongo()


def test_too_long_a_text_is_refused_before_it_is_sealed(letters):
    with pytest.raises(ValidationError):
        UserFactory(name="x" * 121)
    UserFactory(name="x" * 120)


def test_the_owner_of_a_key_stands_in_the_value(letters):
    user = UserFactory()
    Letter(title="x", writer=user, body="The door creaks.").save()

    assert fields.Encrypted(letters.find_one()["body"]).owner == user.pk

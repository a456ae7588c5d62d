"""The keys of search and of hashes change: everything is found and verified, before, meanwhile and after."""

from datetime import timedelta

import pytest

import runtime
from documents.erasure import tombstone
from documents.people.user import User
from documents.tickets.complaint import Complaint
from jobs import run_now
from records.storage import key_rotation, keys, search_tokens
from security.keyring import Keyring, KeyringFile


@pytest.fixture(autouse=True)
def ring(database, actor, tmp_path):
    """Keys that are kept in a file."""
    file = tmp_path / "keyring.json"
    Keyring.new().write(file)
    runtime.configure(keyring=KeyringFile(file))
    return file


@pytest.fixture
def complaint(now) -> Complaint:
    user = User(name="李雷", email="lilei@example.cn", phone="13912345678").save(now=now)
    return Complaint(user=user, content="The lamp hums. 灯在响").save(now=now)


def found(query: str) -> int:
    return sum(kind.objects(__raw__=search_tokens.condition(query)).count() for kind in (User, Complaint))


def test_search_finds_all_before_while_and_after_its_key_changes(complaint, monkeypatch, now):
    monkeypatch.setattr(key_rotation, "WRITE_GRACE", timedelta())
    queries = ("lilei@example.cn", "139 1234 5678", "lamp", "灯在响")
    assert [found(query) for query in queries] == [1, 1, 1, 1]

    key_rotation.rotate_search_key(now)
    assert [found(query) for query in queries] == [1, 1, 1, 1]
    before = Complaint.objects.get().search

    run_now("rotate-keys", now=now)

    assert not keys.keyring().reindexing
    assert [found(query) for query in queries] == [1, 1, 1, 1]
    assert set(before).isdisjoint(Complaint.objects.get().search)
    assert Complaint.objects.get().version == complaint.version


def test_identities_are_looked_up_under_both_keys_meanwhile(complaint, now):
    key_rotation.rotate_search_key(now)

    assert User.objects(search__in=search_tokens.identities("email", "LiLei@example.cn")).count() == 1
    assert len(search_tokens.identities("email", "lilei@example.cn")) == 2


def test_a_record_saved_meanwhile_is_under_the_new_key(complaint, now):
    key_rotation.rotate_search_key(now)

    fresh = Complaint(content="A new lamp.").save(now=now)

    assert search_tokens.marker() in fresh.search
    assert found("lamp") == 2


def test_search_asks_under_both_keys_until_late_writes_have_ended(complaint, now):
    key_rotation.rotate_search_key(now)

    run_now("rotate-keys", now=now)

    assert keys.keyring().reindexing
    assert Complaint.objects(__raw__=key_rotation.to_reindex()).count() == 0


def test_the_next_change_of_the_search_key_waits_for_the_last(complaint, now):
    key_rotation.rotate_search_key(now)

    with pytest.raises(key_rotation.UnderWay):
        key_rotation.rotate_search_key(now)


def test_marks_of_tombstones_are_known_again_under_a_new_key(complaint, now):
    before = tombstone.identity_hash("complaints", complaint.pk)

    key_rotation.renew_audit(now)

    assert tombstone.identity_hash("complaints", complaint.pk) != before
    assert before in tombstone.identity_hashes("complaints", complaint.pk)

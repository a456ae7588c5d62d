"""What the demo leaves alone, and what an interrupted load leaves behind."""

from datetime import UTC, datetime

import pytest

import demo
import runtime
from documents.people.user import User
from security.actor import Actor, act_as
from security.keyring import Keyring

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def test_a_database_with_other_records_is_left_alone(database):
    runtime.configure(keyring=Keyring.new())
    with act_as(Actor.command("test")):
        User(name="王小明").save(now=NOW)

    with pytest.raises(demo.NotTheDemos):
        demo.load(NOW, str.upper)
    with pytest.raises(demo.NotTheDemos):
        demo.reset()

    assert (User.objects.count(), demo.loaded()) == (1, False)


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


def test_an_interrupted_load_does_not_count_and_is_taken_out(database):
    def interrupt(done: int, of: int) -> None:
        assert 0 < done < of
        raise Interrupted

    runtime.configure(keyring=Keyring.new())
    with pytest.raises(Interrupted):
        demo.load(NOW, str.upper, interrupt)
    assert User.objects.count() > 0
    assert not demo.loaded()

    demo.reset()

    assert {
        name: database[name].count_documents({}) for name in database.list_collection_names()
    } == dict.fromkeys(database.list_collection_names(), 0)

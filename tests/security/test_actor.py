"""Somebody always acts, and it is known who."""

import pytest

from security.actor import Actor, NobodyActing, act_as, current_actor


def test_nobody_acts_until_it_is_said():
    with pytest.raises(NobodyActing):
        current_actor()


def test_whoever_was_named_last_acts_and_the_one_before_acts_again():
    outer, inner = Actor.command("import"), Actor.job("purge", "host-1")

    with act_as(outer):
        with act_as(inner):
            assert current_actor() is inner
        assert current_actor() is outer
    with pytest.raises(NobodyActing):
        current_actor()


def test_a_failure_takes_the_name_away_as_well():
    with pytest.raises(RuntimeError), act_as(Actor.job("purge")):
        raise RuntimeError

    with pytest.raises(NobodyActing):
        current_actor()


def test_jobs_and_commands_are_told_from_people():
    assert (Actor.job("purge").id, Actor.command("import").id) == ("job:purge", "command:import")
    assert Actor.job("purge").roles == frozenset()

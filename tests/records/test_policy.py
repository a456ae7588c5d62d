"""A declaration that does not hold together stops the start and names the line to mend."""

from datetime import UTC, datetime, timedelta

import pytest
from mongoengine import EmbeddedDocumentField, StringField

from records.declaration import registry
from records.declaration.fields import EncryptedStringField
from records.declaration.policy import (
    Deadlines,
    DeclarationError,
    Fate,
    Keep,
    Personal,
    Policy,
    Promise,
    Remind,
)
from records.declaration.record import Governed
from records.declaration.subdocument import Subdocument
from records.storage.indexes import declared, tracked
from security.permissions import Role

HOUR = timedelta(hours=1)


def policy(**fields) -> Policy:
    return Policy(title="Plants", singular="Plant", group="Tests", **fields)


def test_the_message_names_file_and_line():
    line = registry.inspect.currentframe().f_lineno + 3

    with pytest.raises(DeclarationError) as refused:
        Personal("user.shoe-size")

    assert f"test_policy.py:{line}" in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "mend"),
    [
        (lambda: Personal("user.name", on_erasure=Fate.RETAIN), "basis="),
        (lambda: Personal("user.name", identity="name"), "neither 'email' nor 'phone'"),
        (lambda: Keep(after="closed_at", fate=Fate.ERASE, basis="law"), "more than nothing"),
        (lambda: Keep(after="closed_at", fate=Fate.ERASE, basis="law", years=-1), "more than nothing"),
        (lambda: Keep(after="closed_at", fate=Fate.RETAIN, basis="law", years=1), "never end"),
        (lambda: Keep(after="closed_at", fate=Fate.ERASE, basis="", years=1), "its source"),
        (lambda: Deadlines({}, Promise(), calendar="Mars"), "calendar 'Mars' is not one of"),
        (lambda: Deadlines({("a", "b"): Promise()}, Promise()), "does not match by="),
        (lambda: policy(on_erasure=Fate.RETAIN), "basis="),
    ],
)
def test_a_wrong_word_is_refused_with_its_mend(wrong, mend):
    with pytest.raises(DeclarationError, match=mend) as refused:
        wrong()

    assert "test_policy.py:" in str(refused.value)


class Plant(Governed):
    """A test declares its policy anew."""

    policy = policy()
    name = StringField()
    state = StringField()
    meta = {"collection": "plants"}


@pytest.mark.parametrize(
    ("wrong", "mend"),
    [
        ({"columns": ("naem",)}, "columns names 'naem', which is no field; did you mean 'name'?"),
        ({"filters": ("stat",)}, "did you mean 'state'?"),
        ({"search": ("zzz",)}, "search names 'zzz', which is no field"),
        ({"label": "nmae"}, "did you mean 'name'?"),
        ({"order": "-created"}, "did you mean 'created_at'?"),
        ({"sections": (("All", ("nmae",)),)}, "did you mean 'name'?"),
        ({"subject": "person"}, "subject names 'person', which is no Reference field"),
        ({"subject": "name"}, "which is no Reference field"),
        ({"keep": Keep(after="name", fate=Fate.ERASE, basis="law", years=1)}, "which is no date field"),
        ({"deadlines": Deadlines({}, Promise(HOUR, HOUR))}, "due_at is missing"),
        ({"remind": Remind("due_at", "open", Role.ADMIN)}, "remind needs the field 'reminded_at'"),
    ],
)
def test_a_policy_that_does_not_fit_its_fields_is_refused(monkeypatch, wrong, mend):
    monkeypatch.setattr(Plant, "policy", policy(**wrong))

    with pytest.raises(DeclarationError) as refused:
        registry.register(Plant)

    assert mend in str(refused.value)
    assert "test_policy.py:" in str(refused.value)
    assert registry.by_collection("plants") is None


def test_personal_fields_without_a_person_are_refused():
    class Herb(Governed):
        """It says something of somebody, and not of whom."""

        policy = policy()
        owner = EncryptedStringField(personal=Personal("user.name"))
        meta = {"collection": "herbs"}

    with pytest.raises(DeclarationError, match="whose"):
        registry.register(Herb)


def test_personal_fields_inside_a_part_are_refused():
    class Leaf(Subdocument):
        name = StringField(personal=Personal("user.name"))

    class Tree(Governed):
        """Sealing does not reach its leaves."""

        policy = policy(subject="self")
        leaf = EmbeddedDocumentField(Leaf)
        meta = {"collection": "trees"}

    with pytest.raises(DeclarationError, match="leaf holds personal fields inside"):
        registry.register(Tree)


@pytest.mark.parametrize(
    "index",
    [
        {"fields": ["-created_at", "-_id"], "name": "newest"},
        {"fields": ["-created_at", "-_id"], "name": "latest"},
        {"fields": ["updated_at"], "name": "newest"},
    ],
    ids=["same keys and name", "same keys", "same name"],
)
def test_an_index_that_the_base_class_declares_already_is_refused(index):
    class Doubled(Governed):
        policy = policy()
        meta = {"collection": "doubled", "indexes": [index]}

    with pytest.raises(DeclarationError, match="twice; a base class has it"):
        registry.register(Doubled)


def test_an_index_of_its_own_is_accepted():
    class Single(Governed):
        policy = policy()
        meta = {"collection": "single", "indexes": [{"fields": ["updated_at"], "name": "changed"}]}

    registry.register(Single)
    registry.unregister(Single)


def test_no_document_declares_an_index_twice():
    for kind in tracked():
        specs = list(declared(kind))
        assert len({str(keys) for keys, _options in specs}) == len(specs), kind
        assert len({options["name"] for _keys, options in specs}) == len(specs), kind


def test_a_record_without_a_policy_is_refused():
    class Stone(Governed):
        """Nothing is said about it."""

        meta = {"collection": "stones"}

    with pytest.raises(DeclarationError, match="policy: is missing"):
        registry.register(Stone)


def test_every_document_of_the_house_is_declared_whole():
    for kind in registry.registered():
        registry.register(kind)


def test_a_registered_document_is_found_until_it_is_forgotten():
    registry.register(Plant)
    try:
        assert registry.by_collection("plants") is Plant
        assert Plant in registry.registered()
    finally:
        registry.unregister(Plant)

    assert registry.by_collection("plants") is None


# -- Time


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.clause("R24")
@pytest.mark.parametrize(
    ("now", "cutoff"),
    [
        (moment(2030, 3, 1), moment(2027, 3, 1)),
        (moment(2028, 2, 29), moment(2025, 2, 28)),  # no leap day three years before
        (moment(2031, 2, 28), moment(2028, 2, 28)),
    ],
)
def test_years_are_counted_by_the_calendar(now, cutoff):
    assert Keep(after="closed_at", fate=Fate.ERASE, basis="law", years=3).cutoff(now) == cutoff


def test_days_are_counted_as_days():
    keep = Keep(after="closed_at", fate=Fate.ERASE, basis="law", days=30)

    assert keep.cutoff(moment(2030, 3, 31)) == moment(2030, 3, 1)


def test_a_promise_is_found_by_its_values_and_otherwise():
    urgent, rest = Promise(HOUR, HOUR), Promise(2 * HOUR, None)
    deadlines = Deadlines({("urgent",): urgent}, rest)

    assert deadlines.promise(("urgent",)) is urgent
    assert deadlines.promise(("low",)) is rest

"""A verb says what it asks, and a declaration that does not fit its method stops the start."""

from datetime import datetime

import pytest

from documents.people.user import User
from documents.tickets.complaint import Complaint
from language.words import N_, Choice
from records.declaration.actions import Ask, Refused, verb, verbs_of
from records.declaration.policy import DeclarationError
from security.permissions import Action


class Why(Choice):
    WISH = "wish", N_("Their wish")


def test_a_verb_is_known_by_its_methods_name_in_the_order_of_declaration() -> None:
    names = list(verbs_of(Complaint))

    assert names[:2] == ["hold", "release"]
    assert names.index("screen") < names.index("close")


def test_a_note_is_short_for_one_long_text() -> None:
    asked = verbs_of(User)["request_deletion"]

    assert asked.note == asked.asks[0].label
    assert [(ask.name, ask.kind) for ask in asked.asks] == [("note", "long-text")]


def test_several_questions_are_kept_as_declared() -> None:
    class Thing:
        @verb("Move", Action.EDIT, asks=(Ask("to", "To"), Ask("why", "Why", "choice", choices=Why)))
        def move(self, now: datetime, to: str, why: Why) -> None: ...

    assert [ask.name for ask in verbs_of(Thing)["move"].asks] == ["to", "why"]


def test_a_question_that_no_parameter_hears_is_refused_with_its_line() -> None:
    with pytest.raises(DeclarationError, match=r"test_actions\.py:\d+: .*move: asks 'wh', which is none"):

        class Thing:
            @verb("Move", Action.EDIT, asks=(Ask("wh", "Why"),))
            def move(self, now: datetime, why: str) -> None: ...


@pytest.mark.parametrize(("options", "mend"), [({"note": "Why"}, "not both"), ({"many": True}, "note= and")])
def test_what_cannot_be_asked_together_is_refused(options: dict, mend: str) -> None:
    def move(self: object, now: datetime, note: str, to: str) -> None: ...

    with pytest.raises(DeclarationError, match=mend):
        verb("Move", Action.EDIT, asks=(Ask("to", "To"),), **options)(move)


@pytest.mark.parametrize(
    "wrong", [{"kind": "choice"}, {"choices": Why}, {"kind": "reference"}, {"collection": "users"}]
)
def test_a_question_without_what_its_kind_needs_is_refused(wrong: dict) -> None:
    with pytest.raises(DeclarationError, match="belong"):
        Ask("to", "To", **wrong)


def test_a_refusal_reads_as_its_sentence() -> None:
    assert str(Refused("%(number)s is closed.", number="C-1")) == "C-1 is closed."

"""A verb says what it asks, and a declaration that does not fit its method stops the start."""

from datetime import datetime

import pytest

from documents.people.user import User
from documents.tickets.complaint import Complaint
from language.words import N_, Choice
from records.declaration.actions import ActionInput, ActionRefused, action, actions_of
from records.declaration.policy import DeclarationError
from security.permissions import Action


class Why(Choice):
    WISH = "wish", N_("Their wish")


def test_a_verb_is_known_by_its_methods_name_in_the_order_of_declaration() -> None:
    names = list(actions_of(Complaint))

    assert names[:2] == ["hold", "release"]
    assert names.index("screen") < names.index("close")


def test_a_note_is_short_for_one_long_text() -> None:
    asked = actions_of(User)["request_deletion"]

    assert asked.comment == asked.inputs[0].label
    assert [(ask.name, ask.kind) for ask in asked.inputs] == [("note", "long-text")]


def test_several_questions_are_kept_as_declared() -> None:
    class Thing:
        @action(
            "Move",
            Action.EDIT,
            inputs=(ActionInput("to", "To"), ActionInput("why", "Why", "choice", choices=Why)),
        )
        def move(self, now: datetime, to: str, why: Why) -> None: ...

    assert [ask.name for ask in actions_of(Thing)["move"].inputs] == ["to", "why"]


def test_a_question_that_no_parameter_hears_is_refused_with_its_line() -> None:
    with pytest.raises(DeclarationError, match=r"test_actions\.py:\d+: .*move: asks 'wh', which is none"):

        class Thing:
            @action("Move", Action.EDIT, inputs=(ActionInput("wh", "Why"),))
            def move(self, now: datetime, why: str) -> None: ...


@pytest.mark.parametrize(
    ("options", "mend"), [({"comment": "Why"}, "not both"), ({"bulk": True}, "comment= and")]
)
def test_what_cannot_be_asked_together_is_refused(options: dict, mend: str) -> None:
    def move(self: object, now: datetime, note: str, to: str) -> None: ...

    with pytest.raises(DeclarationError, match=mend):
        action("Move", Action.EDIT, inputs=(ActionInput("to", "To"),), **options)(move)


@pytest.mark.parametrize(
    "wrong", [{"kind": "choice"}, {"choices": Why}, {"kind": "reference"}, {"collection": "users"}]
)
def test_a_question_without_what_its_kind_needs_is_refused(wrong: dict) -> None:
    with pytest.raises(DeclarationError, match="belong"):
        ActionInput("to", "To", **wrong)


def test_a_refusal_reads_as_its_sentence() -> None:
    assert str(ActionRefused("%(number)s is closed.", number="C-1")) == "C-1 is closed."

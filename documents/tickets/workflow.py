"""A declared life: steps from state to state, who may take them, and what each asks and requires.

A document that has one gets a verb for each step (`records.declaration.actions`), so that what is drawn in the
documentation, offered on the page and refused in the database is the same declaration.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from documents.tickets.states import State
from language.words import N_
from records.declaration.actions import Ask, Group, Refused, verb
from records.declaration.policy import DeclarationError
from security.permissions import Action

Answers = Mapping[str, Any]
Guard = Callable[[Any, Answers, datetime], None]
"""Raises `Refused` where a step is not possible for this ticket with these answers; changes nothing."""
Effect = Callable[[Any, Answers, datetime], Iterable[Any]]
"""Changes the ticket in memory beyond its answers; returns the other records to be stored with it."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step, and the verb that takes it.

    Answers go into the fields of the same name, and the one named "note" into the history. `needs`
    are facts that must be known by then, asked now or earlier, each with the sentence that says so;
    `sets` are those that follow from the step itself. `usual_in` are the states in which it is what
    usually comes next.
    """

    name: str
    label: str
    out_of: frozenset[State]
    to: State
    action: Action = Action.EDIT
    note: str | None = None
    asks: tuple[Ask, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, Any] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()
    effect: Effect | None = None
    danger: bool = False
    usual_in: frozenset[State] = frozenset()

    @property
    def questions(self) -> tuple[Ask, ...]:
        return (Ask("note", self.note, "long-text"),) if self.note else self.asks

    def check(self, ticket: Any, answers: Answers, now: datetime) -> None:
        """Raise `Refused` where something is missing or speaks against it. Changes nothing."""
        for ask in self.questions:
            if ask.required and not answers.get(ask.name):
                raise Refused(N_("A question of this step was left open; nothing was changed."))
        for name, sentence in self.needs.items():
            if not (answers.get(name) or getattr(ticket, name)):
                raise Refused(sentence)
        for guard in self.guards:
            guard(ticket, answers, now)


class Machine:
    """All steps of one kind of ticket. Raises `DeclarationError` where two steps share a name."""

    def __init__(self, *steps: Step) -> None:
        self.steps = {step.name: step for step in steps}
        if len(self.steps) != len(steps):
            raise DeclarationError("two steps of a machine have the same name")
        self.next: dict[State, frozenset[State]] = {
            state: frozenset(step.to for step in steps if state in step.out_of) for state in State
        }

    def but(self, *steps: Step) -> "Machine":
        """This machine with some steps declared otherwise, or more of them."""
        return Machine(*(self.steps | {step.name: step for step in steps}).values())

    def without(self, *names: str) -> "Machine":
        return Machine(*(step for step in self.steps.values() if step.name not in names))


def verb_of(step: Step) -> Callable[..., None]:
    """The verb that takes a step: `ticket.<name>(now, <answers in their order, or by name>)`. A note may
    always be given, also where none is asked for."""
    signature = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
            for name, default in [
                ("self", inspect.Parameter.empty),
                ("now", inspect.Parameter.empty),
                *(
                    {ask.name: "" if "text" in ask.kind else None for ask in step.questions} | {"note": ""}
                ).items(),
            ]
        ]
    )

    def take(*given: Any, **named: Any) -> None:
        told = signature.bind(*given, **named)
        told.apply_defaults()
        answers = dict(told.arguments)
        ticket, now = answers.pop("self"), answers.pop("now")
        ticket.take(step, now, answers)

    take.__name__ = take.__qualname__ = step.name
    take.__doc__ = f"“{step.label}”: see the step of this name in documents/tickets/workflows.py."
    take.__signature__ = signature  # type: ignore[attr-defined]
    mark = verb(
        step.label,
        step.action,
        when=lambda ticket: State(ticket.state) in step.out_of and not ticket.anonymised_at,
        note=step.note,
        asks=() if step.note else step.asks,
        danger=step.danger,
        group=Group.LIFE,
        leads=lambda ticket: State(ticket.state) in step.usual_in,
    )
    return mark(take)

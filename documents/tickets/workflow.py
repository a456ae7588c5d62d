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
from records.declaration.actions import ActionGroup, ActionInput, ActionRefused, action
from records.declaration.policy import DeclarationError
from security.permissions import Action

TransitionInput = Mapping[str, Any]
Guard = Callable[[Any, TransitionInput, datetime], None]
"""Raises `ActionRefused` where a step is not possible for this ticket with these answers; changes nothing."""
Effect = Callable[[Any, TransitionInput, datetime], Iterable[Any]]
"""Changes the ticket in memory beyond its answers; returns the other records to be stored with it."""


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One step, and the verb that takes it.

    Answers go into the fields of the same name, and the one named "note" into the history. `needs`
    are facts that must be known by then, asked now or earlier, each with the sentence that says so;
    `sets` are those that follow from the step itself. `primary_in` are the states in which it is what
    usually comes next.
    """

    name: str
    label: str
    sources: frozenset[State]
    target: State
    requires: Action = Action.EDIT
    comment: str | None = None
    inputs: tuple[ActionInput, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, Any] = field(default_factory=dict)
    guards: tuple[Guard, ...] = ()
    effect: Effect | None = None
    danger: bool = False
    primary_in: frozenset[State] = frozenset()

    @property
    def all_inputs(self) -> tuple[ActionInput, ...]:
        return (ActionInput("note", self.comment, "long-text"),) if self.comment else self.inputs

    def check(self, ticket: Any, answers: TransitionInput, now: datetime) -> None:
        """Raise `ActionRefused` where something is missing or speaks against it. Changes nothing."""
        for ask in self.all_inputs:
            if ask.required and not answers.get(ask.name):
                raise ActionRefused(N_("A question of this step was left open; nothing was changed."))
        for name, sentence in self.needs.items():
            if not (answers.get(name) or getattr(ticket, name)):
                raise ActionRefused(sentence)
        for guard in self.guards:
            guard(ticket, answers, now)


class Workflow:
    """All steps of one kind of ticket. Raises `DeclarationError` where two steps share a name."""

    def __init__(self, *steps: Transition) -> None:
        self.transitions = {step.name: step for step in steps}
        if len(self.transitions) != len(steps):
            raise DeclarationError("two steps of a machine have the same name")
        self.next: dict[State, frozenset[State]] = {
            state: frozenset(step.target for step in steps if state in step.sources) for state in State
        }

    def with_transitions(self, *steps: Transition) -> "Workflow":
        """This machine with some steps declared otherwise, or more of them."""
        return Workflow(*(self.transitions | {step.name: step for step in steps}).values())

    def without(self, *names: str) -> "Workflow":
        return Workflow(*(step for step in self.transitions.values() if step.name not in names))


def action_for(step: Transition) -> Callable[..., None]:
    """The verb that takes a step: `ticket.<name>(now, <answers in their order, or by name>)`. A note may
    always be given, also where none is asked for."""
    signature = inspect.Signature(
        [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=default)
            for name, default in [
                ("self", inspect.Parameter.empty),
                ("now", inspect.Parameter.empty),
                *(
                    {ask.name: "" if "text" in ask.kind else None for ask in step.all_inputs} | {"note": ""}
                ).items(),
            ]
        ]
    )

    def take(*given: Any, **named: Any) -> None:
        told = signature.bind(*given, **named)
        told.apply_defaults()
        answers = dict(told.arguments)
        ticket, now = answers.pop("self"), answers.pop("now")
        ticket.apply(step, now, answers)

    take.__name__ = take.__qualname__ = step.name
    take.__doc__ = f"“{step.label}”: see the step of this name in documents/tickets/workflows.py."
    take.__signature__ = signature  # type: ignore[attr-defined]
    mark = action(
        step.label,
        step.requires,
        when=lambda ticket: State(ticket.state) in step.sources and not ticket.anonymised_at,
        comment=step.comment,
        inputs=() if step.comment else step.inputs,
        danger=step.danger,
        group=ActionGroup.WORKFLOW,
        primary=lambda ticket: State(ticket.state) in step.primary_in,
    )
    return mark(take)

"""The lives of complaints and feedback, step by step (R45, R49–R52, R62–R64, R68).

What both share stands first; then how each differs. `python app.py states` draws them.
"""

from dataclasses import replace

from documents.service.root_cause import RootCause
from documents.tickets import dispute, guards, rating
from documents.tickets.states import State
from documents.tickets.ticket_choices import FeedbackResolution, Grade, NotValid, Remedy, Responsibility
from documents.tickets.workflow import Transition, Workflow
from language.words import N_
from records.declaration.actions import ActionInput
from security.permissions import Action

S = State


def _out_of(*states: State) -> frozenset[State]:
    return frozenset(states)


BEFORE_ANSWER = _out_of(
    S.RECEIVED, S.SCREENING, S.WAITING, S.OUTSIDE, S.ASSIGNED, S.INVESTIGATING, S.PROPOSED
)

DELAY = ActionInput(
    "delay_reason",
    N_("Why it took longer than promised"),
    "long-text",
    required=False,
    help=N_("The promised time has passed."),
    needed=guards.needs_delay_reason,
)
CAUSE = ActionInput("cause", N_("Root cause"), "choice", choices=RootCause, required=False)
CAUSE_NOTE = ActionInput("cause_note", N_("The cause in words"), "long-text", required=False)
MEASURES = ActionInput(
    "measures",
    N_("Measures taken"),
    "long-text",
    required=False,
    help=N_("Left empty, what the ticket already says stays."),
)


def _shared(collection: str) -> Workflow:
    """The steps that every ticket of a register knows."""
    return Workflow(
        Transition(
            name="screen",
            label=N_("Start screening"),
            sources=_out_of(S.RECEIVED, S.WAITING, S.DROPPED),
            target=S.SCREENING,
            primary_in=_out_of(S.RECEIVED),
        ),
        Transition(
            name="assign",
            label=N_("Mark as assigned"),
            sources=_out_of(S.RECEIVED, S.SCREENING, S.INVESTIGATING),
            target=S.ASSIGNED,
            primary_in=_out_of(S.SCREENING),
        ),
        Transition(
            name="ask",
            label=N_("Ask the user"),
            sources=_out_of(S.SCREENING, S.ASSIGNED, S.INVESTIGATING),
            target=S.WAITING,
            primary_in=_out_of(S.SCREENING),
            comment=N_("What we asked"),
        ),
        Transition(
            name="investigate",
            label=N_("Investigate"),
            sources=_out_of(S.RECEIVED, S.WAITING, S.ASSIGNED, S.OUTSIDE, S.PROPOSED),
            target=S.INVESTIGATING,
            primary_in=_out_of(S.WAITING, S.ASSIGNED, S.OUTSIDE),
        ),
        Transition(
            name="wait_outside",
            label=N_("Wait for a third party"),
            sources=_out_of(S.INVESTIGATING),
            target=S.OUTSIDE,
            comment=N_("For whom, and for what"),
        ),
        Transition(
            name="propose",
            label=N_("Propose a solution"),
            sources=_out_of(S.OUTSIDE, S.INVESTIGATING, S.NEGOTIATION),
            target=S.PROPOSED,
            primary_in=_out_of(S.OUTSIDE, S.INVESTIGATING, S.NEGOTIATION),
            inputs=(
                ActionInput("note", N_("The proposal"), "long-text"),
                ActionInput(
                    "responsibility",
                    N_("Whose doing it was"),
                    "choice",
                    choices=Responsibility,
                    required=False,
                ),
                ActionInput("remedy", N_("What the person gets"), "choice", choices=Remedy, required=False),
            ),
        ),
        Transition(
            name="answer",
            label=N_("Record our answer"),
            sources=_out_of(S.INVESTIGATING, S.PROPOSED),
            target=S.ANSWERED,
            primary_in=_out_of(S.INVESTIGATING, S.PROPOSED),
            inputs=(ActionInput("note", N_("What we answered"), "long-text"), DELAY),
            sets={"satisfaction": None},
            guards=(guards.require_delay_reason,),
            effect=rating.ask_for_rating,
        ),
        Transition(
            name="confirm",
            label=N_("User is satisfied"),
            sources=_out_of(S.ANSWERED),
            target=S.CONFIRMED,
            primary_in=_out_of(S.ANSWERED),
            inputs=(
                ActionInput("satisfaction", N_("How satisfied they are"), "choice", choices=Grade),
                rating.TOLD_ON,
                ActionInput("note", N_("What they said"), "long-text", required=False),
            ),
            guards=(guards.require_satisfied,),
            effect=rating.store_rating,
        ),
        Transition(
            name="dissatisfy",
            label=N_("User is not satisfied"),
            sources=_out_of(S.ANSWERED, S.CLOSED),
            target=S.DISSATISFIED,
            primary_in=_out_of(S.ANSWERED),
            inputs=(
                ActionInput("note", N_("Why not"), "long-text"),
                ActionInput(
                    "satisfaction",
                    N_("How satisfied they are"),
                    "choice",
                    choices=Grade,
                    required=False,
                    help=N_("Left open, this counts as dissatisfied."),
                ),
                rating.TOLD_ON,
            ),
            guards=(guards.require_unsatisfied,),
            effect=rating.store_rating,
        ),
        Transition(
            name="reopen",
            label=N_("Look into it again"),
            sources=_out_of(S.DISSATISFIED),
            target=S.INVESTIGATING,
            primary_in=_out_of(S.DISSATISFIED),
            inputs=(
                ActionInput("note", N_("What we do differently this time"), "long-text"),
                CAUSE,
                CAUSE_NOTE,
                ActionInput(
                    "assignee",
                    N_("Another handler"),
                    "reference",
                    required=False,
                    collection="staff",
                    help=N_("Needed once the user was not satisfied twice."),
                ),
            ),
            guards=(guards.require_another_handler,),
            effect=guards.start_cycle,
        ),
        Transition(
            name="close",
            label=N_("Close"),
            sources=_out_of(S.ANSWERED, S.CONFIRMED),
            target=S.CLOSED,
            primary_in=_out_of(S.ANSWERED, S.CONFIRMED, S.ARBITRATION, S.LITIGATION),
            inputs=(ActionInput("note", N_("How it ended"), "long-text"), DELAY),
            guards=(guards.require_delay_reason,),
        ),
        Transition(
            name="drop",
            label=N_("Drop"),
            sources=_out_of(S.SCREENING, S.WAITING),
            target=S.DROPPED,
            primary_in=_out_of(S.SCREENING),
            comment=N_("Why it is not valid"),
            danger=True,
        ),
        Transition(
            name="merge",
            label=N_("Merge into another"),
            sources=BEFORE_ANSWER,
            target=S.MERGED,
            inputs=(
                ActionInput(
                    "merged_into",
                    N_("The ticket that goes on"),
                    "reference",
                    collection=collection,
                    help=N_("Both keep their history; this one is closed and points there."),
                ),
                ActionInput("note", N_("How you know that both are the same"), "long-text"),
                ActionInput(
                    "user",
                    N_("The person both belong to"),
                    "reference",
                    required=False,
                    collection="users",
                    help=N_("Needed where one of the two tickets names nobody."),
                ),
            ),
            guards=(guards.require_same_subject,),
            effect=guards.merge,
            danger=True,
        ),
    )


_COMPLAINT = _shared("complaints")

COMPLAINT_WORKFLOW = _COMPLAINT.with_transitions(
    replace(
        _COMPLAINT.transitions["close"],
        sources=_out_of(S.ANSWERED, S.CONFIRMED, S.NEGOTIATION, S.ARBITRATION, S.LITIGATION),
        inputs=(
            ActionInput("note", N_("How it ended"), "long-text"),
            CAUSE,
            CAUSE_NOTE,
            MEASURES,
            dispute.OUTCOME,
            DELAY,
        ),
        guards=(guards.require_delay_reason, dispute.outcome_known),
        effect=dispute.ended,
        needs={
            "cause": N_("A complaint is closed only once its root cause is known: please choose it."),
            "measures": N_("A complaint is closed only with its measures: please say what was done."),
        },
    ),
    replace(
        _COMPLAINT.transitions["reopen"],
        needs={"cause": N_("Please say what the root cause is before it is looked into again.")},
    ),
    Transition(
        name="negotiate",
        label=N_("Negotiate"),
        sources=_out_of(S.DISSATISFIED),
        target=S.NEGOTIATION,
        primary_in=_out_of(S.DISSATISFIED),
        comment=N_("With whom, and about what"),
    ),
    Transition(
        name="arbitrate",
        label=N_("To arbitration"),
        sources=_out_of(S.NEGOTIATION),
        target=S.ARBITRATION,
        primary_in=_out_of(S.NEGOTIATION),
        requires=Action.DISPUTE,
        inputs=dispute.forum(N_("Before which arbitrators")),
        effect=dispute.to_arbitration,
    ),
    Transition(
        name="litigate",
        label=N_("To court"),
        sources=_out_of(S.NEGOTIATION, S.ARBITRATION),
        target=S.LITIGATION,
        primary_in=_out_of(S.NEGOTIATION),
        requires=Action.DISPUTE,
        inputs=(
            *dispute.forum(N_("Before which court")),
            replace(dispute.OUTCOME, label=N_("How the arbitration ended")),
        ),
        guards=(dispute.outcome_known,),
        effect=dispute.to_court,
    ),
)
"""A complaint is closed with its root cause and measures, and may become a dispute (R68, R69)."""

_FEEDBACK = _shared("feedback")
_VALID = {"screening": "valid"}

FEEDBACK_WORKFLOW = _FEEDBACK.with_transitions(
    replace(_FEEDBACK.transitions["assign"], sets=_VALID),
    replace(_FEEDBACK.transitions["investigate"], sets=_VALID),
    replace(
        _FEEDBACK.transitions["propose"],
        sources=_out_of(S.OUTSIDE, S.INVESTIGATING),
        primary_in=_out_of(S.OUTSIDE, S.INVESTIGATING),
        inputs=(
            ActionInput("note", N_("The proposal"), "long-text"),
            ActionInput(
                "way", N_("How it is dealt with"), "choice", choices=FeedbackResolution, required=False
            ),
        ),
    ),
    replace(_FEEDBACK.transitions["ask"], sets={"screening": "incomplete"}),
    replace(_FEEDBACK.transitions["close"], primary_in=_out_of(S.ANSWERED, S.CONFIRMED)),
    Transition(
        name="become_complaint",
        label=N_("Turn into a complaint"),
        sources=BEFORE_ANSWER,
        target=S.MERGED,
        comment=N_("Why it is a complaint"),
        sets=_VALID,
        effect=guards.convert_to_complaint,
        danger=True,
    ),
    replace(
        _FEEDBACK.transitions["drop"],
        comment=None,
        inputs=(
            ActionInput("note", N_("Why it is not valid"), "long-text"),
            ActionInput("screening", N_("What it is"), "choice", choices=NotValid),
        ),
    ),
)
"""Feedback is screened: valid, dropped as one of a few kinds, or incomplete and asked about (R45)."""

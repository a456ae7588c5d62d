"""The lives of complaints and feedback, step by step (R45, R49–R52, R62–R64, R68).

What both share stands first; then how each differs. `python app.py states` draws them.
"""

from dataclasses import replace

from documents.service.root_cause import Cause
from documents.tickets import dispute, guards, rating
from documents.tickets.states import State
from documents.tickets.ticket_choices import Grade, NotValid, Remedy, Responsibility, Way
from documents.tickets.workflow import Machine, Step
from language.words import N_
from records.declaration.actions import Ask
from security.permissions import Action

S = State


def _out_of(*states: State) -> frozenset[State]:
    return frozenset(states)


BEFORE_ANSWER = _out_of(
    S.RECEIVED, S.SCREENING, S.WAITING, S.OUTSIDE, S.ASSIGNED, S.INVESTIGATING, S.PROPOSED
)

DELAY = Ask(
    "delay_reason",
    N_("Why it took longer than promised"),
    "long-text",
    required=False,
    help=N_("The promised time has passed."),
    needed=guards.owes_a_reason,
)
CAUSE = Ask("cause", N_("Root cause"), "choice", choices=Cause, required=False)
CAUSE_NOTE = Ask("cause_note", N_("The cause in words"), "long-text", required=False)
MEASURES = Ask(
    "measures",
    N_("Measures taken"),
    "long-text",
    required=False,
    help=N_("Left empty, what the ticket already says stays."),
)


def _shared(collection: str) -> Machine:
    """The steps that every ticket of a register knows."""
    return Machine(
        Step(
            name="screen",
            label=N_("Start screening"),
            out_of=_out_of(S.RECEIVED, S.WAITING, S.DROPPED),
            to=S.SCREENING,
            usual_in=_out_of(S.RECEIVED),
        ),
        Step(
            name="assign",
            label=N_("Mark as assigned"),
            out_of=_out_of(S.RECEIVED, S.SCREENING, S.INVESTIGATING),
            to=S.ASSIGNED,
            usual_in=_out_of(S.SCREENING),
        ),
        Step(
            name="ask",
            label=N_("Ask the user"),
            out_of=_out_of(S.SCREENING, S.ASSIGNED, S.INVESTIGATING),
            to=S.WAITING,
            usual_in=_out_of(S.SCREENING),
            note=N_("What we asked"),
        ),
        Step(
            name="investigate",
            label=N_("Investigate"),
            out_of=_out_of(S.RECEIVED, S.WAITING, S.ASSIGNED, S.OUTSIDE, S.PROPOSED),
            to=S.INVESTIGATING,
            usual_in=_out_of(S.WAITING, S.ASSIGNED, S.OUTSIDE),
        ),
        Step(
            name="wait_outside",
            label=N_("Wait for a third party"),
            out_of=_out_of(S.INVESTIGATING),
            to=S.OUTSIDE,
            note=N_("For whom, and for what"),
        ),
        Step(
            name="propose",
            label=N_("Propose a solution"),
            out_of=_out_of(S.OUTSIDE, S.INVESTIGATING, S.NEGOTIATION),
            to=S.PROPOSED,
            usual_in=_out_of(S.OUTSIDE, S.INVESTIGATING, S.NEGOTIATION),
            asks=(
                Ask("note", N_("The proposal"), "long-text"),
                Ask(
                    "responsibility",
                    N_("Whose doing it was"),
                    "choice",
                    choices=Responsibility,
                    required=False,
                ),
                Ask("remedy", N_("What the person gets"), "choice", choices=Remedy, required=False),
            ),
        ),
        Step(
            name="answer",
            label=N_("Record our answer"),
            out_of=_out_of(S.INVESTIGATING, S.PROPOSED),
            to=S.ANSWERED,
            usual_in=_out_of(S.INVESTIGATING, S.PROPOSED),
            asks=(Ask("note", N_("What we answered"), "long-text"), DELAY),
            sets={"satisfaction": None},
            guards=(guards.in_time_or_why,),
            effect=rating.ask,
        ),
        Step(
            name="confirm",
            label=N_("User is satisfied"),
            out_of=_out_of(S.ANSWERED),
            to=S.CONFIRMED,
            usual_in=_out_of(S.ANSWERED),
            asks=(
                Ask("satisfaction", N_("How satisfied they are"), "choice", choices=Grade),
                rating.TOLD_ON,
                Ask("note", N_("What they said"), "long-text", required=False),
            ),
            guards=(guards.content,),
            effect=rating.keep,
        ),
        Step(
            name="dissatisfy",
            label=N_("User is not satisfied"),
            out_of=_out_of(S.ANSWERED, S.CLOSED),
            to=S.DISSATISFIED,
            usual_in=_out_of(S.ANSWERED),
            asks=(
                Ask("note", N_("Why not"), "long-text"),
                Ask(
                    "satisfaction",
                    N_("How satisfied they are"),
                    "choice",
                    choices=Grade,
                    required=False,
                    help=N_("Left open, this counts as dissatisfied."),
                ),
                rating.TOLD_ON,
            ),
            guards=(guards.not_content,),
            effect=rating.keep,
        ),
        Step(
            name="reopen",
            label=N_("Look into it again"),
            out_of=_out_of(S.DISSATISFIED),
            to=S.INVESTIGATING,
            usual_in=_out_of(S.DISSATISFIED),
            asks=(
                Ask("note", N_("What we do differently this time"), "long-text"),
                CAUSE,
                CAUSE_NOTE,
                Ask(
                    "assignee",
                    N_("Another handler"),
                    "reference",
                    required=False,
                    collection="staff",
                    help=N_("Needed once the user was not satisfied twice."),
                ),
            ),
            guards=(guards.another_handler,),
            effect=guards.next_cycle,
        ),
        Step(
            name="close",
            label=N_("Close"),
            out_of=_out_of(S.ANSWERED, S.CONFIRMED),
            to=S.CLOSED,
            usual_in=_out_of(S.ANSWERED, S.CONFIRMED, S.ARBITRATION, S.LITIGATION),
            asks=(Ask("note", N_("How it ended"), "long-text"), DELAY),
            guards=(guards.in_time_or_why,),
        ),
        Step(
            name="drop",
            label=N_("Drop"),
            out_of=_out_of(S.SCREENING, S.WAITING),
            to=S.DROPPED,
            usual_in=_out_of(S.SCREENING),
            note=N_("Why it is not valid"),
            danger=True,
        ),
        Step(
            name="merge",
            label=N_("Merge into another"),
            out_of=BEFORE_ANSWER,
            to=S.MERGED,
            asks=(
                Ask(
                    "merged_into",
                    N_("The ticket that goes on"),
                    "reference",
                    collection=collection,
                    help=N_("Both keep their history; this one is closed and points there."),
                ),
                Ask("note", N_("How you know that both are the same"), "long-text"),
                Ask(
                    "user",
                    N_("The person both belong to"),
                    "reference",
                    required=False,
                    collection="users",
                    help=N_("Needed where one of the two tickets names nobody."),
                ),
            ),
            guards=(guards.same_matter,),
            effect=guards.join,
            danger=True,
        ),
    )


_COMPLAINT = _shared("complaints")

COMPLAINT_LIFE = _COMPLAINT.but(
    replace(
        _COMPLAINT.steps["close"],
        out_of=_out_of(S.ANSWERED, S.CONFIRMED, S.NEGOTIATION, S.ARBITRATION, S.LITIGATION),
        asks=(
            Ask("note", N_("How it ended"), "long-text"),
            CAUSE,
            CAUSE_NOTE,
            MEASURES,
            dispute.OUTCOME,
            DELAY,
        ),
        guards=(guards.in_time_or_why, dispute.outcome_known),
        effect=dispute.ended,
        needs={
            "cause": N_("A complaint is closed only once its root cause is known: please choose it."),
            "measures": N_("A complaint is closed only with its measures: please say what was done."),
        },
    ),
    replace(
        _COMPLAINT.steps["reopen"],
        needs={"cause": N_("Please say what the root cause is before it is looked into again.")},
    ),
    Step(
        name="negotiate",
        label=N_("Negotiate"),
        out_of=_out_of(S.DISSATISFIED),
        to=S.NEGOTIATION,
        usual_in=_out_of(S.DISSATISFIED),
        note=N_("With whom, and about what"),
    ),
    Step(
        name="arbitrate",
        label=N_("To arbitration"),
        out_of=_out_of(S.NEGOTIATION),
        to=S.ARBITRATION,
        usual_in=_out_of(S.NEGOTIATION),
        action=Action.DISPUTE,
        asks=dispute.forum(N_("Before which arbitrators")),
        effect=dispute.to_arbitration,
    ),
    Step(
        name="litigate",
        label=N_("To court"),
        out_of=_out_of(S.NEGOTIATION, S.ARBITRATION),
        to=S.LITIGATION,
        usual_in=_out_of(S.NEGOTIATION),
        action=Action.DISPUTE,
        asks=(
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

FEEDBACK_LIFE = _FEEDBACK.but(
    replace(_FEEDBACK.steps["assign"], sets=_VALID),
    replace(_FEEDBACK.steps["investigate"], sets=_VALID),
    replace(
        _FEEDBACK.steps["propose"],
        out_of=_out_of(S.OUTSIDE, S.INVESTIGATING),
        usual_in=_out_of(S.OUTSIDE, S.INVESTIGATING),
        asks=(
            Ask("note", N_("The proposal"), "long-text"),
            Ask("way", N_("How it is dealt with"), "choice", choices=Way, required=False),
        ),
    ),
    replace(_FEEDBACK.steps["ask"], sets={"screening": "incomplete"}),
    replace(_FEEDBACK.steps["close"], usual_in=_out_of(S.ANSWERED, S.CONFIRMED)),
    Step(
        name="become_complaint",
        label=N_("Turn into a complaint"),
        out_of=BEFORE_ANSWER,
        to=S.MERGED,
        note=N_("Why it is a complaint"),
        sets=_VALID,
        effect=guards.become_complaint,
        danger=True,
    ),
    replace(
        _FEEDBACK.steps["drop"],
        note=None,
        asks=(
            Ask("note", N_("Why it is not valid"), "long-text"),
            Ask("screening", N_("What it is"), "choice", choices=NotValid),
        ),
    ),
)
"""Feedback is screened: valid, dropped as one of a few kinds, or incomplete and asked about (R45)."""

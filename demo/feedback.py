"""The demo's feedback: praise, trouble and ideas, some of it nobody's and some for somebody else."""

from datetime import datetime

from demo.drafts import Desk, Draft
from demo.random_choices import one_of
from demo.ticket_histories import FEEDBACK_PATHS, UNRELATED_PATHS
from documents.tickets.feedback import Feedback, FeedbackKind, Screening
from documents.tickets.states import State
from documents.tickets.ticket import Channel
from documents.tickets.ticket_choices import Frequency, Impact

NAMELESS, UNRELATED, WITH_RECORDERS_NOTE = 0.12, 0.05, 0.15
NAMELESS_CHANNELS = {
    Channel.STORE_BOX: 0.3, Channel.WEIBO: 0.25, Channel.DOUYIN: 0.2, Channel.FORUM: 0.15, Channel.EVENT: 0.1,
}  # fmt: skip
FIRST_LOOK = {
    State.RECEIVED: Screening.PENDING,
    State.SCREENING: Screening.PENDING,
    State.WAITING: Screening.INCOMPLETE,
    State.DROPPED: Screening.FALSE,
}


def opinions(desk: Desk, count: int) -> list[Feedback]:
    """Feedback of all ages, the oldest first."""
    drafts = [_draft(desk, moment) for moment in desk.moments(count, Feedback.policy)]
    desk.fare(drafts)
    for draft in drafts:
        _screen(draft)
    return [draft.ticket for draft in drafts]


def _draft(desk: Desk, created: datetime) -> Draft:
    nameless, unrelated = desk.rng.random() < NAMELESS, desk.rng.random() < UNRELATED
    customer = desk.customer(created)
    voice = customer.voice
    said = voice.unrelated_feedback() if unrelated else voice.feedback(customer.trade)
    feedback = Feedback(
        **desk.received(created, voice),
        user=None if nameless else customer.user.pk,
        kind=FeedbackKind(said["kind"]),
        words=voice.fill(said["words"], customer.project),
        score=said.get("score"),
    )
    if nameless:
        feedback.channel = one_of(desk.rng, NAMELESS_CHANNELS)
    if feedback.kind in {FeedbackKind.USAGE, FeedbackKind.QUALITY}:
        feedback.frequency = said.get("frequency") or desk.rng.choice(list(Frequency))
        feedback.impact = said.get("impact") or desk.rng.choice(list(Impact))
    if desk.rng.random() < WITH_RECORDERS_NOTE:
        feedback.recorder_note = voice.pick("notes", "recorder")
    return Draft(feedback, voice, UNRELATED_PATHS if unrelated else FEEDBACK_PATHS)


def _screen(draft: Draft) -> None:
    """Write down what the first look found."""
    feedback = draft.ticket
    feedback.screening = FIRST_LOOK.get(State(feedback.state), Screening.VALID)
    if draft.paths is UNRELATED_PATHS and feedback.state == State.DROPPED:
        feedback.screening = Screening.UNRELATED

"""The demo's complaints: in time, at risk, overdue, closed late, in dispute, and kept for too long."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from demo.drafts import Desk, Draft
from demo.random_choices import some_day
from demo.ratings import hear
from demo.texts import Voice
from demo.ticket_histories import COMPLAINT_PATHS, DISPUTED_PATHS, STILL_OPEN_PATH, Path
from documents.tickets.complaint import Complaint, ComplaintKind
from documents.tickets.states import State
from documents.tickets.ticket import Channel, Priority

PASSED_ON_DUE = (2, 4, 7, 20, 27, 50)
"""In how many hours the complaints are due that an authority passed on to us, with its own date."""
HELD_TOO_OLD = 2
"""So many of the oldest may not go although their time is over."""
WITH_MORE, SAYS_WHAT_IS_WANTED = 0.35, 0.8
PLANNED = {State.PROPOSED, State.ANSWERED}
ON_HOLD = {State.ARBITRATION, State.LITIGATION}


def complaints(desk: Desk, count: int) -> list[Complaint]:
    """So many complaints of all ages; some in dispute, some passed on by an authority. The oldest first."""
    ordinary = count - len(DISPUTED_PATHS) - len(PASSED_ON_DUE)
    drafts = [_draft(desk, moment, COMPLAINT_PATHS) for moment in desk.moments(ordinary, Complaint.policy)]
    for draft in drafts[:HELD_TOO_OLD]:
        draft.ticket.hold_reason = draft.voice.pick("hold_reasons")
    drafts += [_draft(desk, some_day(desk.rng, desk.now, 400, 330), {path: 1.0}) for path in DISPUTED_PATHS]
    drafts += [_passed_on(desk, hours) for hours in PASSED_ON_DUE]
    desk.fare(drafts)
    for draft in drafts:
        _complete(draft)
    return sorted((draft.ticket for draft in drafts), key=lambda complaint: complaint.created_at)


def _passed_on(desk: Desk, hours: int) -> Draft:
    """A complaint that came through a consumers' hotline, due within hours whatever day it is."""
    draft = _draft(desk, some_day(desk.rng, desk.now, 9, 3), {STILL_OPEN_PATH: 1.0})
    complaint = draft.ticket
    complaint.due_at = (desk.now + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
    complaint.channel = Channel.HOTLINE
    complaint.source = draft.voice.texts["authority"]
    complaint.source_key = f"{complaint.created_at:%Y%m%d}{desk.rng.randrange(10**5):05}"
    return draft


def _draft(desk: Desk, created: datetime, paths: Mapping[Path, float]) -> Draft:
    """A complaint as its person makes it."""
    customer = desk.customer(created)
    voice, user = customer.voice, customer.user
    said = voice.complaint(customer.trade)
    complaint = Complaint(
        **desk.received(created, voice),
        user=user.pk,
        kind=ComplaintKind(said["kind"]),
        topic=said["topic"],
        place=voice.pick("places"),
        content=_content(desk, voice, said["content"], customer.project),
        wanted=said["wanted"] if desk.rng.random() < SAYS_WHAT_IS_WANTED else None,
        contact_name=user.name,
        contact_phone=user.phone,
        contact_email=user.email,
    )
    if complaint.kind == ComplaintKind.PRIVACY and complaint.priority != Priority.URGENT:
        complaint.priority = Priority.HIGH
    return Draft(complaint, voice, paths, voice.fill(said["measures"], customer.project))


def _complete(draft: Draft) -> None:
    """Write down what was found and done on the way."""
    complaint, voice = draft.ticket, draft.voice
    if PLANNED & {State(move.state) for move in complaint.moves}:
        complaint.measures = draft.proposal
    if State(complaint.state) in ON_HOLD:
        complaint.hold_reason = voice.pick("hold_reasons")
    hear(complaint)
    if complaint.assignee:
        complaint.responsible_department = voice.pick("departments")


def _content(desk: Desk, voice: Voice, text: str, project: str) -> str:
    """What the person says, and at times a sentence more."""
    content = voice.fill(text, project)
    if desk.rng.random() < WITH_MORE:
        return content + (" " if voice.language == "en" else "") + voice.pick("more")
    return content

"""That somebody still has to ask whether our answer helped, said on top of a ticket's page (R52, R72)."""

from typing import Any

from admin.i18n import gettext as _
from documents.conversation.message import Message
from documents.tickets.rating import BY_PHONE, RatingRequest
from documents.tickets.states import State
from documents.tickets.ticket import Ticket
from documents.work.outgoing_mail import Delivery

BACK = (Delivery.RETURNED, Delivery.GIVEN_UP)


def to_be_asked(ticket: Ticket) -> list[dict[str, Any]]:
    """Why nobody has been asked about the latest answer by mail; nothing once they said something."""
    if ticket.state not in {State.ANSWERED, State.CLOSED} or ticket.satisfaction:
        return []
    if ticket.asked in BY_PHONE:
        how = _(RatingRequest(ticket.asked).label)
        return [_banner(_("Please ask the user how satisfied they are with our answer. %(how)s.", how=how))]
    if ticket.asked == RatingRequest.MAIL and _came_back(ticket):
        return [
            _banner(
                _("The mail with our answer did not arrive. Please ask by phone how satisfied the user is.")
            )
        ]
    return []


def _came_back(ticket: Ticket) -> bool:
    answered = max((move.at for move in ticket.moves if move.state == State.ANSWERED), default=None)
    return bool(
        answered
        and Message.objects(ticket=ticket.pk, created_at__gte=answered, state__in=BACK).only("id").first()
    )


def _banner(text: str) -> dict[str, Any]:
    return {"text": text, "tone": "warning"}

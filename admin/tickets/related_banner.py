"""What other tickets mean for this one, said on top of its page: merged, or the same trouble again (R55, R67)."""

from typing import Any

from flask_babel import gettext as _

from admin.pages.page import record_url
from documents.tickets.related_tickets import Link, LinkReason
from documents.tickets.ticket import Ticket


def kindred(ticket: Ticket) -> list[dict[str, Any]]:
    """Where a merged ticket goes on, what was merged into this one, and that the trouble came back."""
    merged = [link for link in ticket.links if link.why == LinkReason.MERGED]
    taken_up = {link.ticket for link in merged}
    again = [
        link for link in ticket.links if link.why == LinkReason.RECURRENCE and link.ticket not in taken_up
    ]
    if ticket.merged_into:
        return [_banner(_("This ticket was merged and goes on in another:"), merged)]
    found = []
    if again:
        found.append(
            _banner(_("The same trouble again. Tickets of this person about the same:"), again, "warning")
        )
    if merged:
        found.append(_banner(_("Other tickets were merged into this one, with their history:"), merged))
    return found


def _banner(text: str, links: list[Link], tone: str | None = None) -> dict[str, Any]:
    numbers = [(link.number, record_url(link.collection, link.ticket)) for link in links]
    return {"text": text, "links": numbers, "tone": tone}

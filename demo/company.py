"""Everything the demo holds, made in memory from one seed; nothing is stored here."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from demo.agreements import agreements
from demo.colleagues import Colleagues, colleagues
from demo.complaints import complaints
from demo.customers import Customer, customers
from demo.drafts import Desk
from demo.erasures import asking
from demo.feedback import opinions
from demo.sample_customer import Story, lin_meihua
from demo.texts import voices
from demo.ticket_histories import flag_overdue
from documents.privacy.consent import Consent
from documents.tickets.ticket import Ticket
from security.permissions import Role

SEED = 20260101
CUSTOMERS, COMPLAINTS, FEEDBACK, GONE = 400, 256, 415, 3


@dataclass(frozen=True)
class Company:
    """Its people, their consents, one long story, and the chance all of it is drawn from."""

    rng: Random
    now: datetime
    staff: Colleagues
    gone: list[Customer]
    customers: list[Customer]
    asking: list[Customer]
    consents: list[Consent]
    story: Story

    def tickets(self) -> list[Ticket]:
        """Everything that came in so far, the story's own apart. Their promises are
        those of the rules in force; each call draws new ones."""
        desk = Desk(self.rng, self.now, self.customers, self.staff)
        made: list[Ticket] = [*complaints(desk, COMPLAINTS), *opinions(desk, FEEDBACK)]
        flag_overdue(made, self.now)
        return made


def company(now: datetime) -> Company:
    """The company as it stands at `now`: the same for the same moment, but for session names."""
    rng = Random(SEED)  # noqa: S311 — made-up data is to come out the same each time
    speaking = voices(rng)
    staff = colleagues(rng, now)
    gone = customers(rng, now, GONE, speaking, staff)
    known = customers(rng, now, CUSTOMERS - 1, speaking, staff)
    leaving = asking(known)
    leaving[0].user.hold_reason = leaving[0].voice.pick("hold_reasons")
    consents = agreements(rng, now, known, staff.accounts[Role.STAFF].name)
    story = lin_meihua(rng, now, speaking["zh_TW"], staff)
    return Company(rng, now, staff, gone, known, leaving, consents, story)

"""Put the demo's company into the database, once; and take everything out again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pymongo

from demo.activity import busy_days
from demo.colleagues import give_passwords
from demo.company import COMPLAINTS, FEEDBACK, Company, company
from demo.contracts import contracts
from demo.erasures import erase_long_ago, requests
from demo.refunds import afterwards, deliver
from demo.rules import absences, house_rules, name_superiors
from demo.sample_customer import tell
from demo.service import service
from demo.subject_requests import rights
from demo.third_parties import holds, partners
from documents.erasure.deletion_request import DeletionRequest
from documents.people.user import User
from documents.privacy.consent import Consent
from documents.service.price import Price
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.tickets.feedback import Feedback
from records.storage import keys, writer
from records.storage.database import database
from records.storage.record import Record
from security.actor import Actor, act_as
from security.permissions import Role

MARK = "demo"
"""The collection whose one document says that the records in this database are made up."""
BATCH, BATCH_SECONDS = 200, 60
EMPTYING_SECONDS = 120
KINDS: tuple[type[Record], ...] = (Staff, User, Consent, Complaint, Feedback, DeletionRequest)

Progress = Callable[[int, int], None]


class NotTheDemos(Exception):
    """This database holds records that the demo did not make; nothing was changed."""

    def __init__(self) -> None:
        super().__init__(
            "This database already holds records that the demo did not make, so it is left as it is. "
            "Name another folder with STEWARD_DATA_DIR, or another database in STEWARD_MONGODB_URI."
        )


@dataclass(frozen=True)
class Loaded:
    """How many records of each collection there are, and how to sign in as each role."""

    counts: dict[str, int]
    sign_ins: dict[str, dict[str, str]]


def load(
    now: datetime, hash_password: Callable[[str], str], progress: Progress = lambda _done, _of: None
) -> Loaded:
    """Load the demo's records. What an interrupted load left behind is taken out first.

    `now` is aware, UTC; `hash_password` turns a password into what the sign-in checks against;
    `progress` is told how many records are stored, of how many. The passwords are new each time
    and returned only here. Raises `NotTheDemos` for a database with other records in it.
    """
    reset()
    mark = database()[MARK]
    mark.insert_one({"_id": MARK, "began_at": datetime.now(UTC)})
    made = company(now)
    sign_ins = give_passwords(made.staff, hash_password)
    with act_as(Actor.command("demo")):
        _store(made, progress)
    rights(now, [customer.user for customer in made.customers], made.staff)
    tell(made.story, now)
    busy_days(now, made.staff)
    mark.update_one({"_id": MARK}, {"$set": {"finished_at": datetime.now(UTC)}})
    counts = {kind._get_collection_name(): kind.objects.count() for kind in KINDS}
    return Loaded(counts, sign_ins)


def loaded() -> bool:
    """Tell whether the demo's records are all here."""
    return database()[MARK].count_documents({"_id": MARK, "finished_at": {"$exists": True}}) > 0


def reset() -> None:
    """Empty every collection of the demo's database; indexes stay. Safe to repeat.

    Raises `NotTheDemos` where the demo did not make what is there.
    """
    made_here = database()[MARK].find_one({"_id": MARK})
    if not made_here and any(database()[kind._get_collection_name()].find_one() for kind in KINDS):
        raise NotTheDemos
    with pymongo.timeout(EMPTYING_SECONDS):
        for name in sorted(database().list_collection_names(), key=lambda name: name == MARK):
            database()[name].delete_many({})  # the mark last: an interrupted reset can be repeated
    keys.forget()


def _store(made: Company, progress: Progress) -> None:
    name_superiors(made.staff)
    _save(made.staff.everyone(), made.now)
    manual = service(made.now, made.staff)
    _save([*house_rules(made.now), *absences(made.now, made.staff), *manual], made.now)
    erase_long_ago(made.rng, made.now, made.gone, made.staff)
    users = [*(customer.user for customer in made.customers), made.story.customer.user]
    consents = [*made.consents, *made.story.consents]
    before = len(users) + len(consents)
    expected = before + COMPLAINTS + FEEDBACK + len(made.story.tickets)
    _save(users, made.now, lambda done: progress(done, expected))
    _save(consents, made.now, lambda done: progress(len(users) + done, expected))
    tickets = [*made.tickets(), *made.story.tickets]
    deliver(tickets, [one for one in manual if isinstance(one, Price)])
    _save(tickets, made.now, lambda done: progress(before + done, expected))
    _save(afterwards(made.now, tickets, made.staff), made.now)
    _save(requests(made.rng, made.now, made.asking, made.staff), made.now)
    officer = made.staff.accounts[Role.COMPLIANCE].name
    known = partners(made.now, users, consents, officer)
    _save([*known.notices, *known.parties, *known.sharings, *known.recalls], made.now)
    _save(contracts(made.now, users, officer), made.now)
    _save(holds(made.now, [one for one in [*users, *tickets] if one.hold_reason], officer), made.now)


def _save(
    records: Sequence[Record], now: datetime, stored: Callable[[int], None] = lambda _count: None
) -> None:
    """Store new records in batches, the oldest first, so that their numbers follow their age."""
    in_order = sorted(records, key=lambda record: record.created_at)
    for start in range(0, len(in_order), BATCH):
        with pymongo.timeout(BATCH_SECONDS):
            writer.save(*in_order[start : start + BATCH], now=now)
        stored(min(start + BATCH, len(in_order)))

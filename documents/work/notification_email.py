"""Mails to staff: what somebody has been told in the panel goes out to them by mail as well (R51, R56).

Whatever waits for one person goes out together, so that after a standstill of the jobs or of the mail
server everybody gets one mail and not a hundred.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from mongoengine import ListField, ObjectIdField, StringField

import runtime
from documents.staff.staff import Staff
from documents.work.notification import Notification, deliverable
from documents.work.outgoing_mail import Delivery, OutgoingMail
from language.words import N_
from mail.addresses import is_address
from records.declaration.fields import ReferenceIdField
from records.declaration.policy import Fate, Keep, Policy
from records.storage import writer
from records.storage.database import database, session
from security.permissions import STAFF_MAILS
from working_time.quiet_hours import after_quiet, next_morning

OLDEST = timedelta(days=7)
"""What was told longer ago, and has not gone out by then, stands in the panel alone."""
MOST = 500

Row = Mapping[str, Any]


class NotificationEmail(OutgoingMail):
    """One mail to one member of staff. It grows until it is sent; its words are made then."""

    policy = Policy(
        title=N_("Mails to staff"),
        singular=N_("Mail to staff"),
        group=N_("Administration"),
        icon="mail",
        access=STAFF_MAILS,
        on_erasure=Fate.RETAIN,
        basis=N_("Employees, not data subjects of this register"),
        keep=Keep(
            after="created_at", days=90, fate=Fate.ERASE, basis=N_("Data minimisation, User policy 2(3)")
        ),
        label="name",
        columns=("name", "state", "attempts", "created_at", "sent_at"),
        filters=("state", "to", "created_at", "sent_at"),
        search=("name",),
    )

    to = ReferenceIdField("staff", required=True, system=True, locked=True, verbose_name=N_("Account"))
    name = StringField(system=True, locked=True, verbose_name=N_("To"))
    notices = ListField(ObjectIdField(), internal=True)

    meta = {
        "collection": "staff_mails",
        "indexes": [{"fields": ["to", "next_attempt_at"], "name": "of_staff"}],
    }

    def still_to_tell(self) -> list[Notification]:
        """What is in it and not read in the panel meanwhile, the oldest first."""
        unread = {"_id": {"$in": self.notices}, "read_by": {"$ne": self.to}}
        return list(Notification.objects(__raw__=unread).order_by("created_at", "id"))

    def reader(self) -> Staff | None:
        """Whom it goes to; None where they left, or want no mails any more."""
        wanted = {"_id": self.to, **WANTED}
        row = database()[Staff.collection_name()].find_one(wanted, session=session())
        return Staff._from_son(row) if row and is_address(row["email"]) else None


WANTED = {"active": True, "mails": {"$ne": False}}


def waiting(now: datetime) -> dict[str, Any]:
    """The query for the notices that nobody has put into a mail yet."""
    return {"mailed_at": None, "created_at": {"$gte": now - OLDEST}, **deliverable(now)}


def put_into_mails(notices: Sequence[Notification], now: datetime) -> int:
    """Put notices into the mails of those they are for; return how many notices.

    Everything of one person that is not on its way yet stands in one mail. Safe to repeat as part of
    one transaction: a notice is put into mails once.
    """
    readers = _readers(notices)
    mails = {mail.to: mail for mail in _not_begun(readers)}
    for one in notices:
        for reader in _meant(one, readers.values()):
            at = _when(one, reader, now)
            mail = mails.setdefault(
                reader["_id"], NotificationEmail(to=reader["_id"], name=reader["name"], next_attempt_at=at)
            )
            mail.notices = [*mail.notices, one.pk]
            mail.next_attempt_at = min(mail.next_attempt_at, at)
    writer.save(*mails.values(), now=now)
    told = {"_id": {"$in": [one.pk for one in notices]}}
    database()[Notification.collection_name()].update_many(
        told, {"$set": {"mailed_at": now}}, session=session()
    )
    return len(notices)


def _readers(notices: Iterable[Notification]) -> dict[ObjectId, Row]:
    """Everybody who may have to be written to, by id; one query."""
    people = {person for one in notices for person in one.to}
    roles = {one.to_role for one in notices if one.to_role}
    meant = {"$or": [{"_id": {"$in": list(people)}}, {"roles": {"$in": list(roles)}}], **WANTED}
    fields = dict.fromkeys(("name", "email", "roles", "language", "daily_digest"), 1)
    rows = database()[Staff.collection_name()].find(meant, fields, session=session()).limit(MOST)
    return {row["_id"]: row for row in rows if is_address(row["email"])}


def _meant(one: Notification, readers: Iterable[Row]) -> Iterator[Row]:
    for reader in readers:
        by_name, by_role = reader["_id"] in one.to, one.to_role in reader["roles"]
        if (by_name or by_role) and reader["_id"] not in one.read_by:
            yield reader


def _not_begun(people: Iterable[ObjectId]) -> list[NotificationEmail]:
    wanted = {"to": {"$in": list(people)}, "state": Delivery.WAITING.value, "attempts": 0}
    rows = database()[NotificationEmail.collection_name()].find(wanted, session=session()).limit(MOST)
    return [NotificationEmail._from_son(row) for row in rows]


def _when(one: Notification, reader: Row, now: datetime) -> datetime:
    """When it goes out: what is urgent at once, the rest by day; and what nobody gave a time yet in the
    morning, for who wants to be told once a day."""
    if one.urgent:
        return now
    zone = runtime.current().panel.zone_of(reader.get("language") or runtime.current().panel.language)
    if reader.get("daily_digest") and not one.not_before:
        return next_morning(now, zone)
    return after_quiet(now, zone)

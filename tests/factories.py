"""People and what they said, made up for a test: `UserFactory(name="李雷")` is stored at once."""

from datetime import UTC, datetime
from typing import Any

import factory

from documents.complaint import Complaint
from documents.consent import Consent, GivenHow, Purpose
from documents.feedback import Feedback
from documents.user import User

MORNING = datetime(2030, 1, 2, 2, tzinfo=UTC)
"""Ten o'clock in Shanghai on a working day."""


class Stored(factory.Factory):
    """Whatever is made is saved, by whoever acts, at `now`."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: type, *args: Any, now: datetime = MORNING, **fields: Any) -> Any:
        return model_class(*args, **fields).save(now=now)


class UserFactory(Stored):
    class Meta:
        model = User

    name = "李小明"
    email = factory.Sequence(lambda n: f"reader{n}@example.com")
    phone = factory.Sequence(lambda n: f"+86 138 0000 {n:04d}")


class ConsentFactory(Stored):
    class Meta:
        model = Consent

    user = factory.SubFactory(UserFactory)
    purpose = Purpose.MARKETING
    notice_version = "2026-01"
    given_how = GivenHow.ONLINE_FORM


class FeedbackFactory(Stored):
    class Meta:
        model = Feedback

    words = "The drawer sticks."


class ComplaintFactory(Stored):
    class Meta:
        model = Complaint

    content = "The lamp hums."

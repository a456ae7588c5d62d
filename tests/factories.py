"""People and what they said, made up for a test: `UserFactory(name="李雷")` is stored at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import factory

from documents.complaint import Complaint
from documents.consent import Consent, GivenHow, Purpose
from documents.feedback import Feedback
from documents.privacy_notice import PrivacyNotice
from documents.third_party import QUESTIONS, Fulfilled, ThirdParty
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


class NoticeFactory(Stored):
    """A draft, complete in all languages."""

    class Meta:
        model = PrivacyNotice

    purpose = Purpose.MARKETING
    text_en = "We write to you about new lamps."
    text_zh_cn = "我们会写信告诉您新的灯具。"
    text_zh_tw = "我們會寫信告訴您新的燈具。"
    controller = "Nine Rivers Design"
    contact = "privacy@design.example"
    categories = ("user.name", "user.contact.email")


class ThirdPartyFactory(Stored):
    """One that may receive data: with an agreement of both sides, and well assessed."""

    class Meta:
        model = ThirdParty

    name = factory.Sequence(lambda n: f"Parcel Service {n}")
    service = "Delivers furniture"
    agreement = "archive N/12"
    our_duties = "We send what is needed and nothing more."
    their_duties = "They keep it secret and delete it after delivery."
    agreement_from = MORNING - timedelta(days=400)

    @classmethod
    def _create(cls, model_class: type, *args: Any, now: datetime = MORNING, **fields: Any) -> Any:
        answer = fields.pop("answers", Fulfilled.YES)
        party = super()._create(model_class, *args, now=now, **fields)
        if answer:
            party.assess(now, **dict.fromkeys(QUESTIONS, answer))
        return party


class FeedbackFactory(Stored):
    class Meta:
        model = Feedback

    words = "The drawer sticks."


class ComplaintFactory(Stored):
    class Meta:
        model = Complaint

    content = "The lamp hums."

"""The sharing register: what was given to whom, why, and under which consent and agreement (R18, R21)."""

from datetime import datetime
from typing import Any, Self

from bson import ObjectId
from mongoengine import StringField

from documents.privacy.processing_check import check_processing
from documents.privacy.third_party import ThirdParty
from language.words import N_
from records.declaration.actions import ActionRefused
from records.declaration.fields import ReferenceIdField, UTCDateTimeField
from records.declaration.policy import Fate, Policy
from records.declaration.purpose import Purpose
from records.declaration.record import Governed
from records.storage.database import database, session
from security.actor import current_actor
from security.permissions import SHARINGS


class DataSharing(Governed):
    """One handing over of one person's data. It says which kinds of data, never their values."""

    policy = Policy(
        title=N_("Shared data"),
        singular=N_("Sharing"),
        group=N_("Sharing"),
        icon="sharing",
        access=SHARINGS,
        subject="user",
        on_erasure=Fate.RETAIN,
        basis=N_("GDPR Art. 5(2), PIPL Art. 69: proof that sharing was lawful; it holds no values"),
        label="user_number",
        columns=("user_number", "third_party", "what", "why", "shared_at", "shared_by", "recalled_at"),
        filters=("third_party", "user", "shared_at", "recalled_at"),
        order="-shared_at",
        sections=(
            (N_("The sharing"), ("user", "user_number", "third_party", "what", "why")),
            (N_("What allowed it"), ("consent", "agreement")),
            (N_("When"), ("shared_at", "shared_by", "recalled_at")),
        ),
    )

    user = ReferenceIdField("users", required=True, locked=True, verbose_name=N_("User"))
    user_number = StringField(required=True, locked=True, verbose_name=N_("User number"))
    third_party = ReferenceIdField(
        "third_parties", required=True, locked=True, verbose_name=N_("Third party")
    )
    what = StringField(required=True, max_length=500, locked=True, verbose_name=N_("Which data"))
    why = StringField(required=True, max_length=500, locked=True, verbose_name=N_("Why"))
    consent = ReferenceIdField("consents", required=True, locked=True, verbose_name=N_("Consent"))
    agreement = StringField(required=True, locked=True, verbose_name=N_("Non-disclosure agreement"))
    shared_at = UTCDateTimeField(required=True, locked=True, verbose_name=N_("Shared"))
    shared_by = StringField(required=True, locked=True, verbose_name=N_("Shared by"))
    recalled_at = UTCDateTimeField(system=True, verbose_name=N_("Recalled"))

    meta = {
        "collection": "sharings",
        "indexes": [
            {"fields": ["-shared_at", "-_id"], "name": "by_day"},
            {"fields": ["user", "recalled_at"], "name": "of_person"},
            {"fields": ["third_party", "-shared_at"], "name": "of_third_party"},
            {"fields": ["third_party", "recalled_at", "user"], "name": "still_held"},
        ],
    }

    @classmethod
    def share(cls, user: Any, third_party: ObjectId, what: str, why: str, now: datetime) -> Self:
        """Enter that data of `user` is given to a third party. Raises `MayNotReceive` and
        `ConsentMissing` with the reason; then nothing may be given."""
        row = database()[ThirdParty.collection_name()].find_one({"_id": third_party}, session=session())
        if row is None:
            raise ActionRefused(N_("There is no such third party any more."))
        party = ThirdParty._from_son(row)
        party.check_may_receive(now)
        consent = check_processing(user.pk, Purpose.SHARING, now, recipient=party.pk)
        return cls(
            user=user.pk, user_number=user.number, third_party=party.pk, what=what, why=why,
            consent=consent, agreement=party.agreement, shared_at=now, shared_by=current_actor().name,
        ).save(now=now, reason=why)  # fmt: skip

"""What can be done with a person's data beyond keeping it: asking for consent, using it, sharing it."""

from datetime import datetime
from typing import Any

from bson import ObjectId

from documents.privacy.agreement import Agreement
from documents.privacy.consent import Consent, ConsentState, GivenHow
from documents.privacy.data_sharing import Sharing
from documents.privacy.processing_check import may_process
from language.words import N_, Choice
from records.declaration.actions import Ask, Group, Refused, verb
from records.declaration.purpose import Purpose
from records.storage import writer
from records.storage.audit import Deed
from security.permissions import Action


class Answer(Choice):
    """What a person answers when asked."""

    GIVEN = ConsentState.GIVEN.value, N_("Yes, they consent")
    REFUSED = ConsentState.REFUSED.value, N_("No, they refuse")


class Person:
    """The verbs of a record that is a person; `documents.people.user.User` has them."""

    pk: ObjectId
    collection_name: Any

    @verb(
        N_("Record a consent"),
        Action.EDIT,
        asks=(
            Ask("purpose", N_("Purpose"), "choice", choices=Purpose),
            Ask("answer", N_("Answer"), "choice", choices=Answer),
            Ask("given_how", N_("How it was given"), "choice", choices=GivenHow),
            Ask(
                "evidence",
                N_("Where the evidence is"),
                help=N_("The form, the signed document, or the record of the call."),
            ),
            Ask(
                "third_party", N_("With which third party"), "reference", required=False,
                collection="third_parties", help=N_("Only for a consent to sharing."),
            ),
            Ask("valid_until", N_("Agreed until"), "moment", required=False),
        ),
        group=Group.DATA,
    )  # fmt: skip
    def record_consent(
        self, now: datetime, purpose: Purpose, answer: Answer, given_how: GivenHow, evidence: str,
        third_party: ObjectId | None = None, valid_until: datetime | None = None,
    ) -> None:  # fmt: skip
        """Keep the person's answer to the notice that is published for a purpose (R3, R17). Raises
        mongoengine's ValidationError where none is."""
        Consent(
            user=self.pk, purpose=purpose, answer=answer.value, given_how=given_how, evidence=evidence,
            third_party=third_party, valid_until=valid_until,
        ).save(now=now)  # fmt: skip

    @verb(
        N_("Record an agreement"),
        Action.EDIT,
        asks=(
            Ask(
                "notice", N_("Text agreed to"), "reference", collection="privacy_notices",
                help=N_("The user agreement or the terms of service, in the version that is in force."),
            ),
            Ask("read", N_("They have read it as a whole"), "check", required=False),
            Ask("given_how", N_("How it was given"), "choice", choices=GivenHow),
            Ask("evidence", N_("Where the evidence is"), longest=300),
        ),
        group=Group.DATA,
    )  # fmt: skip
    def record_agreement(
        self, now: datetime, notice: ObjectId, given_how: GivenHow, evidence: str, read: bool = False
    ) -> None:
        """Keep that the person has read a text and agreed to it, before the service begins (R22, R23).
        Raises `Refused` where they have not read it, or it is not in force."""
        if not read:
            raise Refused(N_("It counts only where they have read it as a whole."))
        Agreement.record(self.pk, notice, given_how, evidence, now)

    @verb(
        N_("Use for a purpose"),
        Action.EDIT,
        asks=(
            Ask("purpose", N_("Purpose"), "choice", choices=Purpose),
            Ask("what", N_("For what exactly"), longest=300),
        ),
        group=Group.DATA,
    )
    def use(self, now: datetime, purpose: Purpose, what: str) -> None:
        """Note in the history that the data is used for something (R7). Raises `ConsentMissing` with
        the reason where the person has not consented."""
        may_process(self.pk, purpose, now)
        writer.note(Deed.USE, self.collection_name(), self.pk, f"{purpose.label}: {what}", now=now)

    @verb(
        N_("Share with a third party"),
        Action.SHARE,
        asks=(
            Ask("third_party", N_("Third party"), "reference", collection="third_parties"),
            Ask(
                "what", N_("Which data"), longest=500,
                help=N_("Name the kinds of data, not what they say."),
            ),
            Ask("why", N_("Why"), longest=500),
        ),
        group=Group.DATA,
    )  # fmt: skip
    def share(self, now: datetime, third_party: ObjectId, what: str, why: str) -> None:
        """Enter a sharing into the register (R18, R19, R21). Raises `MayNotReceive` and `ConsentMissing`
        with the reason."""
        Sharing.share(self, third_party, what, why, now)

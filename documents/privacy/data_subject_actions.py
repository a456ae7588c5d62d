"""What can be done with a person's data beyond keeping it: asking for consent, using it, sharing it."""

from datetime import datetime
from typing import Any

from bson import ObjectId

from documents.privacy.agreement import Agreement
from documents.privacy.consent import Consent, ConsentState, GivenHow
from documents.privacy.data_sharing import DataSharing
from documents.privacy.processing_check import check_processing
from language.words import N_, Choice
from records.declaration.actions import ActionGroup, ActionInput, ActionRefused, action
from records.declaration.purpose import Purpose
from records.storage import writer
from records.storage.audit import AuditAction
from security.permissions import Action


class Answer(Choice):
    """What a person answers when asked."""

    GIVEN = ConsentState.GIVEN.value, N_("Yes, they consent")
    REFUSED = ConsentState.REFUSED.value, N_("No, they refuse")


class DataSubject:
    """The verbs of a record that is a person; `documents.people.user.User` has them."""

    pk: ObjectId
    collection_name: Any

    @action(
        N_("Record a consent"),
        Action.EDIT,
        inputs=(
            ActionInput("purpose", N_("Purpose"), "choice", choices=Purpose),
            ActionInput("answer", N_("Answer"), "choice", choices=Answer),
            ActionInput("given_how", N_("How it was given"), "choice", choices=GivenHow),
            ActionInput(
                "evidence",
                N_("Where the evidence is"),
                help=N_("The form, the signed document, or the record of the call."),
            ),
            ActionInput(
                "third_party", N_("With which third party"), "reference", required=False,
                collection="third_parties", help=N_("Only for a consent to sharing."),
            ),
            ActionInput("valid_until", N_("Agreed until"), "moment", required=False),
        ),
        group=ActionGroup.DATA,
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

    @action(
        N_("Record an agreement"),
        Action.EDIT,
        inputs=(
            ActionInput(
                "notice", N_("Text agreed to"), "reference", collection="privacy_notices",
                help=N_("The user agreement or the terms of service, in the version that is in force."),
            ),
            ActionInput("read", N_("They have read it as a whole"), "check", required=False),
            ActionInput("given_how", N_("How it was given"), "choice", choices=GivenHow),
            ActionInput("evidence", N_("Where the evidence is"), max_length=300),
        ),
        group=ActionGroup.DATA,
    )  # fmt: skip
    def record_agreement(
        self, now: datetime, notice: ObjectId, given_how: GivenHow, evidence: str, read: bool = False
    ) -> None:
        """Keep that the person has read a text and agreed to it, before the service begins (R22, R23).
        Raises `ActionRefused` where they have not read it, or it is not in force."""
        if not read:
            raise ActionRefused(N_("It counts only where they have read it as a whole."))
        Agreement.record(self.pk, notice, given_how, evidence, now)

    @action(
        N_("Use for a purpose"),
        Action.EDIT,
        inputs=(
            ActionInput("purpose", N_("Purpose"), "choice", choices=Purpose),
            ActionInput("what", N_("For what exactly"), max_length=300),
        ),
        group=ActionGroup.DATA,
    )
    def use(self, now: datetime, purpose: Purpose, what: str) -> None:
        """Note in the history that the data is used for something (R7). Raises `ConsentMissing` with
        the reason where the person has not consented."""
        check_processing(self.pk, purpose, now)
        writer.record_event(
            AuditAction.USE, self.collection_name(), self.pk, f"{purpose.label}: {what}", now=now
        )

    @action(
        N_("Share with a third party"),
        Action.SHARE,
        inputs=(
            ActionInput("third_party", N_("Third party"), "reference", collection="third_parties"),
            ActionInput(
                "what", N_("Which data"), max_length=500,
                help=N_("Name the kinds of data, not what they say."),
            ),
            ActionInput("why", N_("Why"), max_length=500),
        ),
        group=ActionGroup.DATA,
    )  # fmt: skip
    def share(self, now: datetime, third_party: ObjectId, what: str, why: str) -> None:
        """Enter a sharing into the register (R18, R19, R21). Raises `MayNotReceive` and `ConsentMissing`
        with the reason."""
        DataSharing.share(self, third_party, what, why, now)

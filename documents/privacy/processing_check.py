"""May this person's data be used for this? Whoever uses data beyond the service itself asks here (R17)."""

from datetime import datetime

from bson import ObjectId

from documents.privacy import restriction
from documents.privacy.agreement import require_agreement
from documents.privacy.consent import ConsentState
from documents.privacy.consent_history import ConsentStatus, latest_decision
from language.words import N_
from records.declaration.actions import ActionRefused
from records.declaration.purpose import NEED_CONSENT, Purpose


class ConsentMissing(ActionRefused):
    """There is no consent that allows this use: never asked for, refused, withdrawn, lapsed, or only spoken."""


NEVER = N_("There is no consent of this person to “%(purpose)s”.")
ENDED = {
    ConsentState.REFUSED: N_("This person refused consent to “%(purpose)s” on %(day)s."),
    ConsentState.WITHDRAWN: N_("This person withdrew their consent to “%(purpose)s” on %(day)s."),
    ConsentState.EXPIRED: N_("This person's consent to “%(purpose)s” lapsed on %(day)s."),
}
SPOKEN = N_("Sharing needs written consent, and this person's was given in a call.")


def check_processing(
    user: ObjectId, purpose: Purpose, now: datetime, recipient: ObjectId | None = None
) -> ObjectId | None:
    """Return the consent that allows the use; None for a use that needs none (the service, business
    matters, legal duties). `recipient` is the third party of a sharing. Raises `ConsentMissing` with
    the reason, `UseRestricted` where the person has had all use restricted but for legal duties, and
    `NotAgreed` where the service may not begin yet. Reads only; sees what the transaction under way sees."""
    if purpose is not Purpose.LEGAL_DUTY:
        restriction.require_unrestricted(user)
    if purpose is Purpose.DESIGN_SERVICE:
        require_agreement(user)
    if purpose not in NEED_CONSENT:
        return None
    word = latest_decision(user, purpose, now, recipient)
    if word is None:
        raise ConsentMissing(NEVER, purpose=purpose)
    if not word.holds:
        raise ConsentMissing(ENDED[word.state], purpose=purpose, day=f"{_ended(word):%Y-%m-%d}")
    if purpose is Purpose.SHARING and not word.consent.is_written:
        raise ConsentMissing(SPOKEN)
    return word.consent.pk


def _ended(word: ConsentStatus) -> datetime:
    if word.state is ConsentState.EXPIRED:
        return word.until or word.consent.ended_at or word.since
    return word.since

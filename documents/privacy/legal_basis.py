"""Why each kind of personal data is asked for, and what makes that lawful (R4, R7; GDPR Art. 5(1), 6 and 30).

The field says which kind of data it is (`Personal`); here stands what that kind is for. A register whose
data serve something else says so in its policy, and a field may say so for itself. The articles come from
general knowledge: the page that shows them says so, and counsel confirms them.
"""

from dataclasses import dataclass

from language.words import N_
from records.declaration.policy import Personal, Policy
from records.declaration.purpose import NEED_CONSENT, Purpose


@dataclass(frozen=True)
class Need:
    """What personal data is used for, and why that cannot do without it."""

    purpose: Purpose
    why: str

    @property
    def basis(self) -> str:
        """What makes the use lawful."""
        return BASIS.get(self.purpose, CONSENT)

    @property
    def needs_consent(self) -> bool:
        return self.purpose in NEED_CONSENT


CONSENT = N_("Consent: GDPR Art. 6(1)(a), PIPL Art. 13(1)")
BASIS = {
    Purpose.DESIGN_SERVICE: N_("Contract with the person: GDPR Art. 6(1)(b), PIPL Art. 13(2)"),
    Purpose.BUSINESS: N_("Carrying out the contract: GDPR Art. 6(1)(b), PIPL Art. 13(2)"),
    Purpose.LEGAL_DUTY: N_("Legal duty: GDPR Art. 6(1)(c), PIPL Art. 13(3)"),
}
NEEDS = {
    "user.name": Need(Purpose.DESIGN_SERVICE, N_("To know whom we work for, and to address them.")),
    "user.contact.email": Need(Purpose.DESIGN_SERVICE, N_("To write to them.")),
    "user.contact.phone": Need(Purpose.DESIGN_SERVICE, N_("To reach them about their project.")),
    "user.contact.address": Need(Purpose.DESIGN_SERVICE, N_("To deliver, and to work on site.")),
    "user.account": Need(Purpose.DESIGN_SERVICE, N_("To let them, and nobody else, sign in.")),
    "user.content": Need(Purpose.BUSINESS, N_("To act on what they told us, and to prove what was said.")),
    "user.preferences": Need(Purpose.DESIGN_SERVICE, N_("To design what they like.")),
    "user.needs": Need(Purpose.DESIGN_SERVICE, N_("To plan what they ask for.")),
    "user.behaviour": Need(Purpose.BUSINESS, N_("To keep the service safe from misuse.")),
    "user.demographic": Need(
        Purpose.BUSINESS, N_("To choose the calendar and the language that are theirs.")
    ),
}
"""For each of `records.declaration.policy.CATEGORIES`."""


def need(policy: Policy, personal: Personal) -> Need:
    """Why a field is asked for: by its own word, else its register's purpose, else its kind of data."""
    usual = NEEDS[personal.category]
    return Need(personal.purpose or policy.purpose or usual.purpose, personal.why or usual.why)

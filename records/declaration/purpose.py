"""What personal data is used for, and which uses need the person's consent (R7, R17)."""

from language.words import N_, Choice


class Purpose(Choice):
    """The first three need no consent but are recorded."""

    DESIGN_SERVICE = "design-service", N_("Design service")
    BUSINESS = "business", N_("Business matters")
    LEGAL_DUTY = "legal-duty", N_("Legal duties")
    MARKETING = "marketing", N_("Product and market information")
    PORTFOLIO = "portfolio", N_("Showing the work in our portfolio")
    RESEARCH = "research", N_("Surveys and research")
    SHARING = "sharing", N_("Sharing with a third party")


NEED_CONSENT = frozenset({Purpose.MARKETING, Purpose.PORTFOLIO, Purpose.RESEARCH, Purpose.SHARING})
"""Any use beyond the service, business matters and legal duties (S0 二(三)1, 二(四)1)."""

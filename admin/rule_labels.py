"""By which rule something ended, in the words of who reads it."""

from admin.i18n import gettext as _
from admin.i18n import ngettext
from documents.retention.retention_rule_label import BY_HAND, REQUESTED, RuleName
from language.words import N_
from records.declaration.policy import Keep
from records.declaration.registry import by_collection

OTHERS = {
    "lapsed": N_("Its time was over"),
    "its time in quarantine is over": N_("Its time in quarantine was over"),
}
"""Reasons that a job gives, by how the history keeps them."""


def rule_said(text: str) -> str:
    """What a stored name of a rule says; whatever is none stays as it is."""
    if rule := RuleName.read(text):
        return _(
            "%(time)s after “%(moment)s” (%(basis)s)",
            time=span(rule), moment=_moment(rule), basis=_(rule.basis) if rule.basis else "—",
        )  # fmt: skip
    if text.startswith(f"{BY_HAND}: "):
        return _("Deleted by hand: %(why)s", why=text.removeprefix(f"{BY_HAND}: "))
    if text.startswith(f"{REQUESTED} "):
        return _("Deletion request")
    return _(OTHERS[text]) if text in OTHERS else text


def span(keep: Keep | RuleName) -> str:
    """How long, in words."""
    years = ngettext("%(num)s year", "%(num)s years", keep.years) if keep.years else ""
    days = ngettext("%(num)s day", "%(num)s days", keep.days) if keep.days else ""
    return _("%(years)s and %(days)s", years=years, days=days) if years and days else years or days


def _moment(rule: RuleName) -> str:
    """What the moment is called from which the time counts, in the register's own words."""
    kind = by_collection(rule.register)
    field = kind and kind._fields.get(rule.after)
    return _(getattr(field, "verbose_name", None) or rule.after)

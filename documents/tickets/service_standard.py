"""The service manual: who has which duty at each step of our service, and what good looks like (R38)."""

from datetime import datetime

from mongoengine import IntField, ListField, StringField

from documents.tickets.states import State
from language.translated_fields import NAME, fields_by_language, translated_fields
from language.words import N_
from records.declaration.policy import Fate, Policy, Remind
from records.declaration.register_choices import LabelledStr
from records.versioned import EditionState, Versioned, in_force
from security.permissions import SERVICE_MANUAL, Role

AT_FOLLOW_UP = LabelledStr("follow-up", N_("Follow-up visit"))
SHOWN_AT = (*State, AT_FOLLOW_UP)
"""Where a step happens in the panel: on a ticket in one of its states, or on a follow-up visit."""


class ServiceStandard(Versioned):
    """The duty and the standard of one step: booking, reception, advice, repair, follow-up (S2§4.1), or
    another that the company names."""

    of = ("step",)
    wordings = ("name", "duty", "standard")
    content = ("place", "department", "shown_at")

    policy = Policy(
        title=N_("Service manual"),
        singular=N_("Step of the service manual"),
        group=N_("Service"),
        icon="record",
        access=SERVICE_MANUAL,
        on_erasure=Fate.RETAIN,
        basis=N_("The company's own words; nothing of a person"),
        remind=Remind("review_at", EditionState.APPROVED, Role.SUPERVISOR),
        label="number",
        columns=("number", "name_en", "name_zh_cn", "department", "state", "effective_from", "review_at"),
        filters=("state", "shown_at", "effective_from", "review_at"),
        search=("step", "name_en", "name_zh_cn", "name_zh_tw", "standard_en", "standard_zh_cn"),
        sections=(
            (N_("The step"), ("number", "step", "place", "department", "shown_at")),
            *fields_by_language("name", "duty", "standard"),
            (
                N_("Approval"),
                ("state", "effective_from", "effective_until", "approved_by", "approved_at", "review_at"),
            ),
        ),
    )

    step = StringField(
        required=True,
        locked=True,
        max_length=40,
        regex=r"^[a-z0-9-]+$",
        verbose_name=N_("Step"),
        help_text=N_(
            "The same word in every edition, in small letters: booking, reception, advice, repair, follow-up …"
        ),
    )
    place = IntField(min_value=1, max_value=99, default=1, verbose_name=N_("Place in the manual"))
    department = StringField(max_length=120, verbose_name=N_("Department whose duty it is"))
    shown_at = ListField(
        StringField(choices=SHOWN_AT),
        verbose_name=N_("Shown on"),
        help_text=N_("The states of a ticket in which staff do this step."),
    )
    name_en, name_zh_cn, name_zh_tw = translated_fields(NAME, max_length=120)
    duty_en, duty_zh_cn, duty_zh_tw = translated_fields(
        N_("Whose duty, and what it is"), max_length=4000, multiline=True
    )
    standard_en, standard_zh_cn, standard_zh_tw = translated_fields(
        N_("The standard"), max_length=8000, multiline=True
    )

    meta = {"collection": "service_standards"}


def standards_at(where: str, now: datetime) -> list[ServiceStandard]:
    """The standards of what is done in a state of a ticket, or at a follow-up visit, in the manual's order."""
    return sorted(in_force(ServiceStandard, now, shown_at=where), key=lambda one: (one.place or 0, one.step))

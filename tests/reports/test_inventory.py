"""The record of processing says of every personal field why, by what right, for whom and how long."""

import pytest
from mongoengine import StringField

from documents.people.user import User
from documents.privacy.legal_basis import BASIS, CONSENT, NEEDS
from documents.privacy.subject_request import SubjectRequest
from documents.retention.retention_rule import RetentionRule
from documents.tickets.complaint import Complaint
from records.declaration import registry
from records.declaration.fields import EncryptedStringField
from records.declaration.policy import CATEGORIES, Fate, Personal, Policy
from records.declaration.purpose import NEED_CONSENT, Purpose
from records.declaration.record import Governed
from records.declaration.registry import registered
from reports.inventory import inventory, notices_in_force, purposes, recipients
from security.permissions import Action, Role
from tests.factories import MORNING, NoticeFactory, TermsFactory, ThirdPartyFactory

pytestmark = pytest.mark.usefixtures("database", "actor")


def entry(kind, name, now=MORNING):
    return next(one for one in inventory(now) if (one.kind, one.name) == (kind, name))


@pytest.mark.clause("R4")
def test_every_kind_of_data_says_what_it_is_needed_for():
    assert NEEDS.keys() == CATEGORIES
    assert all(one.why and one.purpose not in NEED_CONSENT for one in NEEDS.values())


@pytest.mark.clause("R4", "R7")
def test_every_personal_field_of_every_register_is_there_with_its_purpose_and_basis():
    told = inventory(MORNING)

    assert {(one.kind, one.name) for one in told} == {
        (kind, name) for kind in registered() for name in kind.personal()
    }
    assert all(one.need.why and one.need.basis for one in told)
    assert all(one.is_sealed for one in told)


def test_a_register_and_a_field_may_serve_something_else():
    assert entry(User, "email").need.purpose is Purpose.DESIGN_SERVICE
    assert entry(Complaint, "contact_email").need.purpose is Purpose.BUSINESS
    request = entry(SubjectRequest, "email").need
    assert (request.purpose, request.basis) == (Purpose.LEGAL_DUTY, BASIS[Purpose.LEGAL_DUTY])


def test_a_register_declared_elsewhere_is_told_without_another_line():
    class Visit(Governed):
        """A visit in our showroom."""

        policy = Policy(
            title="Visits", singular="Visit", group="Tests", subject=None, on_erasure=Fate.RETAIN, basis="law"
        )
        name = EncryptedStringField(
            required=True,
            personal=Personal(
                "user.name", purpose=Purpose.MARKETING, why="To invite them.", on_erasure=Fate.ERASE
            ),
        )
        what = StringField()
        meta = {"collection": "visits"}

    registry.register(Visit)
    try:
        told = entry(Visit, "name")
    finally:
        registry.unregister(Visit)

    assert (told.need.why, told.need.basis, told.need.needs_consent) == ("To invite them.", CONSENT, True)
    assert (told.is_required, told.fate, told.kept, told.who_may(Action.VIEW)) == (True, Fate.ERASE, None, [])


@pytest.mark.clause("R8", "R16")
def test_it_says_who_may_see_a_field():
    told = entry(User, "phone")

    assert told.who_may(Action.VIEW) == list(Role)
    assert told.who_may(Action.REVEAL) == [Role.STAFF, Role.SUPERVISOR, Role.COMPLIANCE]


def test_how_long_it_is_kept_follows_the_rule_that_holds():
    assert entry(Complaint, "content").kept.keep.years == 3

    RetentionRule(register="complaints", years=7, basis="law", why="so").save(now=MORNING)

    assert entry(Complaint, "content").kept.keep.years == 7


@pytest.mark.clause("R7", "R17")
def test_every_purpose_is_there_with_what_serves_it():
    told = purposes(inventory(MORNING))

    assert list(told) == list(Purpose)
    assert {purpose for purpose, fields in told.items() if fields} == set(Purpose) - NEED_CONSENT


def test_the_notice_of_a_purpose_is_the_one_in_force():
    NoticeFactory()
    shown = NoticeFactory()
    shown.publish(MORNING)
    TermsFactory().publish(MORNING)

    assert {purpose: one.pk for purpose, one in notices_in_force().items()} == {"marketing": shown.pk}


@pytest.mark.clause("R21")
def test_who_receives_data_stands_there_with_why_they_may_not():
    ThirdPartyFactory(name="A")
    ThirdPartyFactory(name="B", agreement=None)

    told = {one.party.name: one.refusal for one in recipients(MORNING)}

    assert told["A"] is None
    assert "no non-disclosure agreement" in str(told["B"])

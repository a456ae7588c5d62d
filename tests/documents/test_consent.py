"""What a person agreed to is kept as it happened and never edited."""

from datetime import timedelta

import pytest

import runtime
from documents.privacy.consent import Consent, ConsentEvent, ConsentState, NotInForce, Purpose
from records.storage.writer import ImmutableField
from security.keyring import Keyring
from tests.factories import MORNING, ConsentFactory

LATER = MORNING + timedelta(days=9)


@pytest.fixture(autouse=True)
def ready(database, actor):
    runtime.configure(keyring=Keyring.new())


def again(consent: Consent) -> Consent:
    return Consent.objects(pk=consent.pk).first()


@pytest.mark.clause("R3", "R17")
def test_a_consent_says_who_for_what_on_which_notice_and_how():
    consent = again(ConsentFactory())

    assert consent.user
    assert (consent.purpose, consent.notice_version) == (Purpose.MARKETING, "2026-01")
    assert consent.given_how
    assert [(event.state, event.at, event.by) for event in consent.events] == [
        (ConsentState.GIVEN, MORNING, "Lin Mei")
    ]


@pytest.mark.clause("R17")
@pytest.mark.parametrize("end", ["withdraw", "expire"])
def test_its_end_is_one_more_event(end):
    consent = ConsentFactory()

    getattr(consent, end)(LATER)
    consent.save(now=LATER)  # where its end was noted only

    ended = again(consent)
    assert not ended.in_force
    assert ended.ended_at == LATER
    assert len(ended.events) == 2


def test_what_has_ended_does_not_end_again():
    consent = ConsentFactory()
    consent.withdraw(LATER)

    with pytest.raises(NotInForce):
        again(consent).withdraw(LATER)
    assert len(again(consent).events) == 2


@pytest.mark.parametrize("name", ["user", "purpose", "notice_version", "given_how"])
def test_what_was_agreed_is_fixed(name):
    consent = ConsentFactory()
    other = ConsentFactory(purpose=Purpose.RESEARCH, notice_version="2", given_how="call")

    setattr(consent, name, getattr(other, name))
    with pytest.raises(ImmutableField):
        consent.save()


def test_an_event_is_never_rewritten():
    consent = ConsentFactory()

    consent.events = [ConsentEvent(state=ConsentState.REFUSED, at=MORNING)]
    with pytest.raises(ImmutableField):
        consent.save()

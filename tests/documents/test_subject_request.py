"""What a person asks about their own data: several laws, the strictest leads."""

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from mongoengine import ValidationError

import runtime
from admin.http.message_catalogs import compile_stale
from documents.erasure.deletion_request import DeletionRequest
from documents.people.user import User
from documents.privacy.consent import Consent
from documents.privacy.statutory_deadline import Law, Stage, StatutoryDeadline
from documents.privacy.subject_request import IdentityCheck, Right, SubjectRequest
from documents.staff.staff import Staff
from documents.tickets.complaint import Complaint
from documents.work.task import Task
from exchange.person_copy.archive import write
from language import translate
from mail.panel_links import PanelLinks
from records.declaration.actions import ActionRefused
from records.declaration.purpose import Purpose
from tests.factories import ConsentFactory, NoticeFactory


@pytest.fixture(autouse=True)
def panel(database, actor):
    return database


@pytest.fixture
def asked(now):
    def asked(*profiles: Law, right: Right = Right.KNOW, **facts) -> SubjectRequest:
        return SubjectRequest(right=right, profiles=list(profiles), **facts).save(now=now)

    return asked


def ends(request: SubjectRequest) -> dict[tuple[str, str], datetime]:
    return {(term.profile, term.step): term.due_at for term in request.terms}


@pytest.mark.clause("R9", "R105")
def test_each_law_has_its_own_times_and_the_strictest_leads(asked, now):
    request = asked(Law.GDPR, Law.GBT, Law.CCPA)

    assert ends(request) == {
        ("gdpr", "answer"): datetime(2030, 2, 1, tzinfo=UTC),
        ("gbt-35273", "answer"): now + timedelta(days=30),
        ("ccpa", "acknowledge"): datetime(2030, 1, 15, 10, tzinfo=UTC),
        ("ccpa", "answer"): now + timedelta(days=45),
    }
    assert request.due_at == now + timedelta(days=30)
    assert request.acknowledgement_due_at == datetime(2030, 1, 15, 10, tzinfo=UTC)
    assert request.strictest().profile == Law.GBT


def test_a_month_from_the_last_of_january_ends_with_february(asked):
    at = datetime(2030, 1, 31, 8, tzinfo=UTC)
    request = SubjectRequest(right=Right.KNOW, profiles=[Law.GDPR]).save(now=at)

    assert request.due_at == datetime(2030, 2, 28, 8, tzinfo=UTC)


def test_the_clock_runs_from_receipt(asked, now):
    request = asked(Law.GBT, received_at=now - timedelta(days=10))

    assert request.due_at == now + timedelta(days=20)


@pytest.mark.parametrize(("seconds", "late"), [(0, False), (1, True)])
def test_it_is_overdue_after_the_strictest_time(asked, now, seconds, late):
    request = asked(Law.GBT)

    assert request.is_overdue(now + timedelta(days=30, seconds=seconds)) is late


def test_an_extension_is_once_and_by_the_law_that_leads(asked, now):
    request = asked(Law.GDPR)
    request.extend(now, "Many records")

    assert request.due_at == datetime(2030, 4, 1, tzinfo=UTC)
    extend = next(verb for name, verb in _verbs().items() if name == "extend")
    assert not extend.when(request)


def test_a_law_without_extension_refuses_it(asked, now):
    request = asked(Law.GDPR, Law.GBT)

    with pytest.raises(ActionRefused, match="no extension"):
        request.extend(now, "Many records")


def test_what_is_over_is_not_extended(asked, now):
    request = asked(Law.GDPR)

    with pytest.raises(ActionRefused, match="over already"):
        request.extend(now + timedelta(days=40), "Many records")


def test_what_the_company_rules_goes_before_what_ships(asked, now):
    ruled = StatutoryDeadline(
        profile=Law.PIPL, step=Stage.ANSWER, within=7, unit="days", basis="Counsel, 2030", confirmed=True
    ).save(now=now)

    assert asked(Law.PIPL).due_at == now + timedelta(days=7)

    ruled.withdraw(now, "A slip")
    assert asked(Law.PIPL).due_at > now + timedelta(days=7)


def test_nothing_is_granted_to_somebody_unknown(asked, now):
    request = asked(Law.GBT)
    with pytest.raises(ActionRefused, match="who asks"):
        request.close(now, words="Here it is", granted=True)

    request = SubjectRequest.objects(pk=request.pk).first()
    request.identify(now, IdentityCheck.KNOWN_ADDRESS, "Wrote from the address on record")
    request.close(now, words="Here it is", granted=True)
    assert (request.state, request.closed_at) == ("answered", now)


@pytest.mark.clause("R24")
def test_a_request_to_delete_becomes_a_planned_erasure(asked, now):
    user = User(name="李雷", email="lilei@example.cn").save(now=now)
    request = asked(Law.GBT, right=Right.DELETE, user=user)
    request.identify(now, IdentityCheck.SIGNED_IN, "")
    request.plan_erasure(now)

    assert DeletionRequest.objects(user=user.pk).first().state == "proposed"
    assert request.deletion == DeletionRequest.objects.first().pk


def test_a_copy_is_asked_for_as_a_task(asked, now):
    user = User(name="李雷", region="TW").save(now=now)
    request = asked(Law.GBT, right=Right.COPY, user=user)
    request.identify(now, IdentityCheck.SIGNED_IN, "")
    request.build_copy(now)

    task = Task.objects.first()
    assert (task.kind, task.params["language"]) == ("personal-copy", "zh_Hant_TW")


@pytest.mark.clause("R9")
def test_whose_identity_was_checked_stays_whose_request_it_is(asked, now):
    first, other = User(name="李雷").save(now=now), User(name="韩梅梅").save(now=now)
    unknown, mistaken = asked(Law.GBT), asked(Law.GBT, user=first)
    mistaken.user = other  # noticed before anything was done
    mistaken.save(now=now)
    for request in (unknown, mistaken):
        request.identify(now, IdentityCheck.SIGNED_IN, "")
    unknown.user = first  # found by what the check showed
    unknown.save(now=now)

    mistaken.user = first
    with pytest.raises(ValidationError, match="whose"):
        mistaken.save(now=now)

    stored = {request.pk: request.user for request in SubjectRequest.objects}
    assert stored == {unknown.pk: first.pk, mistaken.pk: other.pk}


@pytest.fixture
def known(asked, now):
    """A request of a person whom we know, and their identity is checked: `known(Right.RESTRICT)`."""

    def known(right: Right) -> SubjectRequest:
        user = User(name="李雷").save(now=now)
        request = asked(Law.GDPR, right=right, user=user)
        request.identify(now, IdentityCheck.SIGNED_IN, "")
        return request

    return known


@pytest.mark.clause("R9", "R105")
def test_to_restrict_is_granted_once_it_is_done(known, now):
    request = known(Right.RESTRICT)
    with pytest.raises(ActionRefused, match="restrict first"):
        request.close(now, "Done.", granted=True)

    request.restrict(now)
    request.close(now, "Done.", granted=True)

    user = User.objects.get(pk=request.user)
    assert (user.restricted_at, user.restriction, request.state) == (now, request.number, "answered")


@pytest.mark.clause("R9")
def test_to_withdraw_ends_every_consent_to_that_purpose_and_no_other(known, now):
    request = known(Right.WITHDRAW)
    facts = {"user": request.user, "notice_version": "1", "given_how": "email"}
    marketing = [Consent(purpose=Purpose.MARKETING, **facts).save(now=now) for _ in range(2)]
    research = Consent(purpose=Purpose.RESEARCH, **facts).save(now=now)
    with pytest.raises(ActionRefused, match="withdraw the consent first"):
        request.close(now, "Done.", granted=True)

    request.withdraw_consent(now, Purpose.MARKETING)

    assert request.withdrawn == [one.pk for one in marketing]
    assert {str(one.state) for one in Consent.objects(purpose=Purpose.MARKETING)} == {"withdrawn"}
    assert Consent.objects.get(pk=research.pk).in_force
    with pytest.raises(ActionRefused, match="no consent"):
        request.withdraw_consent(now, Purpose.PORTFOLIO)
    request.close(now, "Done.", granted=True)


def test_what_is_refused_need_not_be_done(known, now):
    request = known(Right.RESTRICT)

    request.close(now, "We need them for a claim in court.", granted=False)

    assert request.state == "refused"


@pytest.mark.clause("R9")
def test_a_copy_holds_everything_of_the_person_and_nothing_of_others(now):
    staff = Staff(name="Han Bing", email="han@steward.example", roles=["staff"]).save(now=now)
    user = User(name="李雷", email="lilei@example.cn", account_manager=staff).save(now=now)
    Complaint(user=user, content="=1+1 The lamp hums.", contact_phone="13912345678").save(now=now)
    Complaint(user=User(name="韩梅梅").save(now=now), content="The chair wobbles.").save(now=now)
    file = io.BytesIO()

    assert list(write(user.pk, file, now)) == [2]

    with zipfile.ZipFile(file) as parcel:
        data = json.loads(parcel.read("data.json"))["data"]
        table = parcel.read("complaints.csv").decode("utf-8-sig")
        page = parcel.read("index.html").decode()
    assert (data["users"][0]["name"], data["users"][0]["email"]) == ("李雷", "lilei@example.cn")
    assert [one["content"] for one in data["complaints"]] == ["=1+1 The lamp hums."]
    assert "'=1+1 The lamp hums." in table
    assert "The lamp hums." in page
    everything = f"{data}{table}{page}"
    assert not [word for word in ("韩梅梅", "wobbles", "Han Bing", str(staff.pk)) if word in everything]


@pytest.mark.clause("R9")
def test_the_page_of_a_copy_names_what_records_refer_to_and_shows_no_ids(now):
    user = User(name="李雷").save(now=now)
    notice = NoticeFactory()
    notice.publish(now)
    consent = ConsentFactory(user=user, notice=notice)
    file = io.BytesIO()

    list(write(user.pk, file, now))

    with zipfile.ZipFile(file) as parcel:
        page, data = parcel.read("index.html").decode(), json.loads(parcel.read("data.json"))["data"]
    assert "<dt>Notice shown</dt><dd>marketing-1</dd>" in page
    assert [one for one in (user, notice, consent) if str(one.pk) in page] == []
    assert data["consents"][0]["notice"] == str(notice.pk)


@pytest.mark.clause("R9")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("A copy of your data", "Users", "Individual", "E-mail", "2030-01-01 08:00")),
        ("zh_Hans_CN", ("用户", "个人", "2030-01-01 08:00")),
        ("zh_Hant_TW", ("個人", "2030-01-01 08:00")),
    ],
)
def test_the_page_of_a_copy_is_in_the_persons_language_and_on_their_clock(now, language, words):
    compile_stale(translate.FOLDER)
    translate._catalogue.cache_clear()
    runtime.configure(panel=PanelLinks(zone="Asia/Shanghai"))
    user = User(name="<b>李雷</b>", email="lilei@example.cn").save(now=now)
    file = io.BytesIO()

    list(write(user.pk, file, now, language))

    with zipfile.ZipFile(file) as parcel:
        page = parcel.read("index.html").decode()
    assert f'<html lang="{language.replace("_", "-")}">' in page
    assert [word for word in words if word not in page] == []
    assert "&lt;b&gt;李雷" in page


def test_a_copy_of_nothing_says_so(now):
    file = io.BytesIO()

    assert list(write(ObjectId(), file, now)) == [0]

    with zipfile.ZipFile(file) as parcel:
        assert json.loads(parcel.read("data.json"))["data"] == {}
        assert "We hold nothing of you." in parcel.read("index.html").decode()


def _verbs():
    from records.declaration.actions import actions_of

    return actions_of(SubjectRequest)

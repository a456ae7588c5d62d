"""Every look at masked values is kept, looked over, and the unusual ones stand out."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from documents.people.user import User
from documents.privacy.pii_access import PiiAccess
from reports.unusual_reveals import MANY, Oddity, unusual_reveals
from security.permissions import Role
from tests.factories import ComplaintFactory, UserFactory

SHANGHAI = ZoneInfo("Asia/Shanghai")
TUESDAY_NOON = datetime(2030, 1, 8, 4, tzinfo=UTC)


@pytest.fixture
def user(app, actor) -> User:
    return UserFactory(name="李小明", phone="+86 138 0000 1234")


def look(browser, user: User, **sent: str):
    sent = {"fields": "phone", "reason": "to call back", **sent}
    return browser.send(f"/admin/users/reveal/?id={user.pk}", sent, follow_redirects=True)


@pytest.mark.clause("R8")
def test_a_look_is_kept_with_its_reason_and_without_what_was_seen(user, signed_in):
    clerk = signed_in(Role.STAFF)

    assert "138 0000 1234" in look(clerk, user).text

    kept = PiiAccess.objects.first()
    assert (kept.by_staff, kept.fields_shown, kept.reason) == (clerk.staff.pk, ["phone"], "to call back")
    assert (kept.on_own_ticket, kept.finding) == (False, "open")
    assert "1234" not in str(kept.to_mongo().to_dict())


@pytest.mark.parametrize("mine", [True, False])
def test_a_ticket_of_ones_own_makes_it_usual(user, signed_in, mine):
    clerk = signed_in(Role.STAFF)
    ticket = ComplaintFactory(user=user, assignee=clerk.staff if mine else None)

    look(clerk, user, reason="", ticket=ticket.number.lower())

    assert PiiAccess.objects.first().on_own_ticket is mine


def test_a_ticket_that_nobody_gave_out_shows_nothing(user, signed_in):
    page = look(signed_in(Role.STAFF), user, ticket="C-1999-000001").text

    assert "There is no ticket C-1999-000001." in page
    assert "138 0000 1234" not in page
    assert PiiAccess.objects.count() == 0


@pytest.mark.clause("R8")
def test_a_supervisor_looks_it_over_and_nobody_their_own(user, signed_in):
    chief = signed_in(Role.SUPERVISOR)
    look(chief, user)
    kept = PiiAccess.objects.first()
    review = f"/admin/reveals/do/approve/?id={kept.pk}"

    chief.send(review, {"confirmed": "1"})
    assert PiiAccess.objects.first().finding == "open"

    signed_in(Role.SUPERVISOR).send(review, {"confirmed": "1"})
    assert PiiAccess.objects.first().finding == "in-order"


@pytest.mark.parametrize(("role", "status"), [(Role.STAFF, 403), (Role.SUPERVISOR, 200), (Role.AUDITOR, 200)])
def test_who_may_see_the_unusual_ones(user, signed_in, role, status):
    look(signed_in(Role.STAFF), user)

    answer = signed_in(role).get("/admin/reveals/unusual/")

    assert answer.status_code == status
    assert (Oddity.NO_TICKET.label in answer.text) is (status == 200)


@pytest.mark.clause("R8")
def test_the_unusual_ones_are_looked_over_many_at_once_but_nobodys_own(user, signed_in):
    chief = signed_in(Role.SUPERVISOR)
    for browser in (signed_in(Role.STAFF), signed_in(Role.STAFF), chief):
        look(browser, user)
    page = chief.get("/admin/reveals/unusual/").text
    assert "Users: Phone" in page
    ids = re.findall(r'name="rowid" value="([0-9a-f]{24})"(?! disabled)', page)
    assert len(ids) == 2

    sent = {"action": "approve", "rowid": [str(one.pk) for one in PiiAccess.objects], "confirmed": "1"}
    chief.send("/admin/reveals/action/", sent)

    assert sorted(str(one.finding) for one in PiiAccess.objects) == ["in-order", "in-order", "open"]
    assert PiiAccess.objects(finding="open").first().by_staff == chief.staff.pk


def test_who_only_reads_them_is_offered_no_finding(user, signed_in):
    look(signed_in(Role.STAFF), user)

    assert 'name="rowid"' not in signed_in(Role.AUDITOR).get("/admin/reveals/unusual/").text


def reveal(at: datetime, *, own: bool = True, by: str = "staff:1", user: User) -> PiiAccess:
    facts = {"by": by, "by_name": "Lin", "kind": "users", "record": user.pk, "on_own_ticket": own}
    return PiiAccess(**facts).save(now=at)


@pytest.mark.parametrize(
    ("at", "own", "oddities"),
    [
        (TUESDAY_NOON, True, []),
        (TUESDAY_NOON, False, [(Oddity.NO_TICKET,)]),
        (datetime(2030, 1, 7, 23, tzinfo=UTC), True, []),  # seven o'clock
        (datetime(2030, 1, 7, 22, 59, tzinfo=UTC), True, [(Oddity.ODD_HOUR,)]),
        (datetime(2030, 1, 8, 12, 59, tzinfo=UTC), True, []),
        (datetime(2030, 1, 8, 13, tzinfo=UTC), True, [(Oddity.ODD_HOUR,)]),
        (datetime(2030, 1, 5, 4, tzinfo=UTC), True, [(Oddity.ODD_HOUR,)]),  # a Saturday
    ],
)
def test_what_is_unusual(user, at, own, oddities):
    reveal(at, own=own, user=user)

    assert [one.oddities for one in unusual_reveals(at + timedelta(days=1), SHANGHAI)] == oddities


@pytest.mark.parametrize(("count", "unusual"), [(MANY - 1, 0), (MANY, MANY)])
def test_many_within_an_hour_are_unusual(user, count, unusual):
    for number in range(count):
        reveal(TUESDAY_NOON + timedelta(minutes=3 * number), user=user)
    reveal(TUESDAY_NOON, by="staff:2", user=user)

    found = unusual_reveals(TUESDAY_NOON + timedelta(days=1), SHANGHAI)

    assert len(found) == unusual


def test_what_was_shown_is_said_in_words(user, signed_in):
    look(signed_in(Role.STAFF), user)
    chief, kept = signed_in(Role.SUPERVISOR), PiiAccess.objects.get()

    for page in ("/admin/reveals/", f"/admin/reveals/details/?id={kept.pk}"):
        shown = chief.get(page).text.split("History</h2>")[0]
        assert (">Phone<" in shown, ">phone<" in shown) == (True, False)

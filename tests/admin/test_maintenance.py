"""While a backup is restored nobody is let in, and no job runs."""

from datetime import UTC, datetime

import pytest

from documents.staff.staff import Staff
from jobs.scheduler import Scheduler
from records.job_state import Run
from security.permissions import Role
from tests.jobs.sample_job import chore_job
from tests.plugins.client import PASSWORD


@pytest.fixture
def restoring(database):
    """A restore was begun."""
    database["restoring"].insert_one({"_id": "restoring", "keys_here": False, "at": datetime.now(UTC)})


@pytest.mark.clause("R24")
@pytest.mark.parametrize("path", ["/login", "/admin/", "/"])
def test_nobody_is_let_in_while_a_backup_is_restored(client, restoring, path):
    answer = client.get(path)

    assert answer.status_code == 503
    assert "csrf_token" not in answer.text


def test_the_right_password_opens_nothing_meanwhile(client, account, database):
    staff = account(Role.ADMIN)
    token = client.token()
    database["restoring"].insert_one({"_id": "restoring"})

    answer = client.post("/login", data={"csrf_token": token, "email": staff.email, "password": PASSWORD})

    assert answer.status_code == 503
    assert not Staff.objects.get(pk=staff.pk).current_login_at

    database["restoring"].delete_many({})
    assert client.sign_in(staff.email).status_code == 302


def test_monitors_are_answered_meanwhile(client, restoring):
    assert client.get("/healthz").status_code == 200


def test_no_job_runs_meanwhile(database, actor):
    from jobs.lease import announce

    job = chore_job()
    announce(job, datetime(2020, 1, 1, tzinfo=UTC))
    database["restoring"].insert_one({"_id": "restoring"})
    scheduler = Scheduler([job])

    scheduler._attend(job)
    assert Run.objects.count() == 0

    database["restoring"].delete_many({})
    scheduler._attend(job)
    assert Run.objects.count() == 1

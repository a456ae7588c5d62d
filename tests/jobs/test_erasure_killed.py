"""A process is killed again and again while it erases: everything goes once, and nothing is lost."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

import runtime
from documents.erasure.certificate import Certificate
from documents.erasure.deletion_request import DeletionRequest
from documents.erasure.tombstone import Tombstone, identity_hash
from documents.people.user import User
from documents.tickets.complaint import Complaint
from records.storage import keys, writer
from security.keyring import Keyring
from tests.factories import ComplaintFactory, UserFactory

LEASE, PATIENCE, KILLS, COMPLAINTS = 1_000, 90, 3, 450


@pytest.fixture
def eraser(panel, database_uri, tmp_path) -> Iterator[Callable[[], subprocess.Popen]]:
    """Start processes that erase, and end those that are left."""
    ring, file = Keyring.new(), tmp_path / "keyring.json"
    ring.write(file)
    runtime.configure(keyring=ring)
    started: list[subprocess.Popen] = []

    def start() -> subprocess.Popen:
        words = ["-m", "tests.jobs.processes.erasure", database_uri, panel.name, str(file), str(LEASE)]
        started.append(subprocess.Popen([sys.executable, *words]))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


def test_a_killed_erasure_is_taken_up_and_each_record_goes_once(eraser):
    user, other = UserFactory(), UserFactory(name="韩梅梅")
    records = [Complaint(user=user, content=f"Lamp {number} hums.") for number in range(COMPLAINTS)]
    for start in range(0, COMPLAINTS, 100):
        writer.save(*records[start : start + 100])
    complaints = [record.pk for record in records]
    kept = ComplaintFactory(user=other)
    request = DeletionRequest.create_request(user.pk, user.number, "She asked", datetime.now(UTC))

    def done() -> int:
        return DeletionRequest.objects(pk=request.pk).first().done

    for number in range(1, KILLS + 1):
        process = eraser()
        until(lambda mark=number: done() >= 200 * (mark - 1) + 1 or request_is_over(request))
        process.kill()
        process.wait()
    eraser()
    until(lambda: request_is_over(request))

    request = DeletionRequest.objects(pk=request.pk).first()
    assert (request.done, request.of) == (COMPLAINTS + 1, COMPLAINTS + 1)
    stones = Counter(stone.mark for stone in Tombstone.objects(request=request.pk))
    assert stones == dict.fromkeys(
        [*(identity_hash("complaints", pk) for pk in complaints), identity_hash("users", user.pk)], 1
    )
    assert Complaint.objects(user=user.pk, anonymised_at=None).count() == 0
    keys.forget()  # another process destroyed the key; what this one remembers lapses within a minute
    assert (User.objects(pk=user.pk).first(), keys.get_keys([user.pk])) == (None, {})
    assert Complaint.objects(pk=kept.pk).first().content == kept.content
    assert Certificate.objects.count() == 1


def request_is_over(request: DeletionRequest) -> bool:
    return DeletionRequest.objects(pk=request.pk).first().state == "done"

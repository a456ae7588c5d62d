"""A form sent twice is done once, however the two meet."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from bson import ObjectId
from pymongo.database import Database

from records.storage.database import session
from records.storage.idempotency import AlreadyProcessed, run_once


def _put(database: Database) -> None:
    database["pieces"].insert_one({}, session=session())


def test_the_second_sending_changes_nothing(database: Database, now: datetime) -> None:
    token = ObjectId()
    run_once(token, lambda: _put(database), now)

    with pytest.raises(AlreadyProcessed):
        run_once(token, lambda: _put(database), now)

    assert database["pieces"].count_documents({}) == 1


def test_two_at_the_same_moment_do_it_once(database: Database, now: datetime) -> None:
    token = ObjectId()

    def sent() -> bool:
        try:
            run_once(token, lambda: _put(database), now)
        except AlreadyProcessed:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        did = [future.result() for future in [pool.submit(sent) for _ in range(4)]]

    assert sorted(did) == [False, False, False, True]
    assert database["pieces"].count_documents({}) == 1


def test_what_failed_can_be_sent_again(database: Database, now: datetime) -> None:
    token = ObjectId()

    def fail() -> None:
        _put(database)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        run_once(token, fail, now)
    assert database["pieces"].count_documents({}) == 0

    run_once(token, lambda: _put(database), now)
    assert database["pieces"].count_documents({}) == 1

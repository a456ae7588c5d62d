"""Planted personal values are nowhere to be read: not before an erasure, and not after."""

import gzip
import logging
import re
from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from bson import BSON
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from backup import create_backup
from documents.erasure.deletion_request import DeletionRequest
from documents.people.user import User
from documents.privacy.person_copy_request import ask_for_copy
from documents.privacy.subject_request import Right, SubjectRequest
from documents.tickets.complaint import Complaint
from documents.work import task_file
from documents.work.task import Task, TaskKind
from exchange.bulk.bulk_actions import Selection
from exchange.exporting import ExportFormat, ExportLabels, ExportSpec
from records.storage.database import client, database
from security.permissions import Action

PLANTED = ("司马相如七七", "xiangru77@planted.example", "13977776666", "Chaise longue Rosamunde")
"""A name, an address, a number and words that stand nowhere else."""
STORED: CodecOptions = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)
CONTROL = "卓文君八八"
SPOKEN = tuple(re.escape(word) for word in PLANTED)


def stored() -> bytes:
    """Every document of every collection, as the database has it."""
    names = database().list_collection_names()
    return b"".join(
        BSON.encode(row, codec_options=STORED) for name in names for row in database()[name].find()
    )


def readable_in(content: bytes, words: Sequence[str] = PLANTED) -> list[str]:
    return [word for word in words if word.encode() in content or word.encode("utf-16-le") in content]


@pytest.fixture
def planted(panel, now) -> User:
    name, email, phone, words = PLANTED
    user = User(name=name, email=email, phone=phone, project_needs=words).save(now=now)
    Complaint(
        user=user,
        content=f"{words}, said {name}",
        contact_name=name,
        contact_email=email,
        contact_phone=phone,
    ).save(now=now)
    SubjectRequest(right=Right.DELETE, user=user, name=name, email=email, words=words).save(now=now)
    user = User.objects(pk=user.pk).first()
    user.phone = f"+86 {phone}"
    user.save(now=now)
    return user


def test_what_is_looked_for_would_be_found(panel):
    panel["scratch"].insert_one({"plain": CONTROL})

    assert readable_in(stored(), [CONTROL]) == [CONTROL]


@pytest.mark.clause("R8", "R26")
def test_nothing_personal_is_stored_or_logged_in_the_clear(planted, run, now, caplog):
    caplog.set_level(logging.DEBUG)

    assert readable_in(stored()) == []

    DeletionRequest.create_request(planted.pk, planted.number, "Asked by letter", now)
    run("carry-out-erasures")

    assert User.objects.count() == 0
    assert readable_in(stored()) == []
    assert not re.search("|".join(SPOKEN), caplog.text)


def test_what_a_job_stores_and_logs_of_a_failure_quotes_nobody(planted, run, now, caplog, monkeypatch):
    caplog.set_level(logging.DEBUG)

    def quoting(*_args: object, **_options: object) -> int:
        raise ValueError(" ".join(PLANTED))

    monkeypatch.setattr(import_module("jobs.flag_overdue"), "_flag", quoting)
    overdue = now + timedelta(days=400)

    outcome = run("flag-overdue", overdue)

    assert outcome["failed"] == 2
    assert "ValueError" in outcome["error"]
    assert readable_in(stored() + str(outcome).encode()) == []
    assert not re.search("|".join(SPOKEN), caplog.text)


@pytest.mark.clause("R8", "R98")
def test_files_that_tasks_made_are_sealed_where_they_lie(planted, first_officer, run, now):
    ask_for_copy(planted.pk, planted.number, "zh_Hans_CN", "She asked", now)
    selection = Selection(User, {}, now, "UTC")
    words = {name: name for name in ("name", "email", "phone", "project_needs")}
    plan = ExportSpec(
        selection,
        tuple(words),
        ExportLabels(words, {}, "Yes", "No", "(erased)"),
        "-created_at",
        ExportFormat.CSV,
    )
    asked = plan.stored()
    Task.request(
        TaskKind.EXPORT, "users", Action.EXPORT_PERSONAL, asked, now, about="users", reason="Moving house"
    )

    run("carry-out-tasks")

    made = list(Task.objects)
    assert {str(task.state) for task in made} == {"done"}
    assert readable_in(stored()) == []
    opened = b"".join(piece for task in made for piece in task_file.pieces(task))
    assert PLANTED[0].encode() in opened


@pytest.mark.clause("R98", "R99")
def test_a_backup_holds_nothing_in_the_clear(planted, tmp_path: Path, now):
    create_backup(tmp_path / "backup", now)

    files = [file for file in (tmp_path / "backup").rglob("*") if file.is_file()]
    unpacked = {
        file.name: gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for file in files
    }
    assert "users.bson.gz" in unpacked
    assert [name for name, content in unpacked.items() if readable_in(content)] == []


def test_the_database_files_hold_nothing_of_it_either(
    planted, run, now, tmp_path_factory: pytest.TempPathFactory
):
    client().admin.command("ping")
    folder = tmp_path_factory.getbasetemp() / "server"
    if not folder.exists():
        pytest.skip("the files of this server are elsewhere")
    DeletionRequest.create_request(planted.pk, planted.number, "Asked by letter", now)
    run("carry-out-erasures")

    files = [file for file in folder.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) > 0
    assert [file.name for file in files if readable_in(file.read_bytes()[:50_000_000])] == []

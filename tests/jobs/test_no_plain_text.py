"""Planted personal values are nowhere to be read: not before an erasure, and not after."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from bson import BSON
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from documents.complaint import Complaint
from documents.deletion import DeletionRequest
from documents.storage.database import client, database
from documents.subject_request import Right, SubjectRequest
from documents.user import User

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

    DeletionRequest.ask(planted.pk, planted.number, "Asked by letter", now)
    run("carry-out-erasures")

    assert User.objects.count() == 0
    assert readable_in(stored()) == []
    assert not re.search("|".join(SPOKEN), caplog.text)


def test_the_database_files_hold_nothing_of_it_either(planted, run, now, run_folder: Path):
    client().admin.command("ping")
    folder = run_folder / "server"
    if not folder.exists():
        pytest.skip("the files of this server are elsewhere")
    DeletionRequest.ask(planted.pk, planted.number, "Asked by letter", now)
    run("carry-out-erasures")

    files = [file for file in folder.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) > 0
    assert [file.name for file in files if readable_in(file.read_bytes()[:50_000_000])] == []

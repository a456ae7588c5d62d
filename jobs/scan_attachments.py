"""Read files of evidence through for a person, and tell about which somebody has to decide (R24)."""

from collections.abc import Sequence

from bson import ObjectId

from documents.conversation.attachment import Attachment
from documents.erasure import erasure_plan_item, file_text
from documents.erasure.erasure_plan_item import Question
from documents.erasure.pii_scan import PersonMatcher
from jobs.job import read

AT_ONCE = 20
"""So many files are read between two transactions: each may take `pdf_text.SECONDS`."""


def asked_of(files: Sequence[ObjectId], needles: PersonMatcher, plan: ObjectId) -> dict[ObjectId, Question]:
    """What somebody has to decide about each of some files: whether one whose words name the person goes,
    and one that no program can read. A picture, or a scan, is asked about where the words beside it name
    the person: where a line of `plan` says so of its ticket. Takes its time, so it is done beside any
    transaction; safe to repeat."""
    found: dict[ObjectId, Question] = {}
    silent: list[Attachment] = []
    for file in read(Attachment, {"_id": {"$in": list(files)}}):
        try:
            text = file_text.extract_text(file)
        except file_text.ExtractionProblem:
            found[file.pk] = Question.UNREAD
            continue
        if needles.are_in(text):
            found[file.pk] = Question.FILE
        elif not text.strip():
            silent.append(file)
    return found | {file.pk: Question.UNREAD for file in _beside_words(silent, plan)}


def _beside_words(files: Sequence[Attachment], plan: ObjectId) -> list[Attachment]:
    """Those of `files` whose ticket speaks of the person, by the lines of a plan. One query a register."""
    spoken = {
        ticket
        for register in {file.collection for file in files}
        for ticket, line in erasure_plan_item.items_for(
            plan, register, {file.ticket for file in files}
        ).items()
        if line["residue"]
    }
    return [file for file in files if file.ticket in spoken]

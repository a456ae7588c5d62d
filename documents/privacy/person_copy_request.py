"""The request for a copy of a person's data (R9, R105)."""

from datetime import datetime

from bson import ObjectId

from documents.work.task import Task, TaskKind
from security.permissions import Action


def ask_for_copy(user: ObjectId, number: str, language: str, reason: str, now: datetime) -> Task:
    """Have a job build the copy; who asked for it can download it, once, until it expires."""
    asked = {"user": user, "language": language}
    return Task.request(
        TaskKind.PERSONAL_COPY, number, Action.EXPORT_PERSONAL, asked, now, about="users", reason=reason
    )

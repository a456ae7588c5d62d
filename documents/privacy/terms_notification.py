"""Telling those who agreed to an older version of what has changed: asked for here, done by a job (R23)."""

from datetime import datetime

from bson import ObjectId

from documents.work.task import Task, TaskKind
from security.permissions import Action


def ask(collection: str, notice: ObjectId, number: str, now: datetime) -> Task:
    """Have everybody told who agreed to an earlier version of what `notice` replaces."""
    return Task.request(
        TaskKind.CHANGED_TERMS, number, Action.EDIT, {"notice": notice}, now, about=collection
    )

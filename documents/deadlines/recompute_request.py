"""Let open tickets follow the deadline rules and calendars of today: asked for, never by itself."""

from datetime import datetime

from documents.work.task import Task, TaskKind
from security.permissions import Action


def request_recomputation(collection: str, name: str, reason: str, now: datetime) -> Task:
    """Have the deadlines of all open tickets worked out anew by the rules as they are; a job does it.

    `collection` is where the rule or the day stands that was changed, `name` what it is called. Closed
    tickets keep what they were promised. Asking twice does the same twice.
    """
    return Task.request(
        TaskKind.RECOMPUTE, name, Action.EDIT, {"as_of": now}, now, about=collection, reason=reason
    )

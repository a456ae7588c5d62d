"""Tasks: everyone sees how their own come along, stops them, and fetches what they made."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from flask import Response, abort, stream_with_context, url_for
from flask_admin import expose
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from admin.governed import GovernedView
from admin.pages.page import list_url
from admin.tickets.downloads import attachment
from documents.work import task_file
from documents.work.task import Task, TaskKind
from exchange.person_copy import archive
from records.storage import writer
from records.storage.audit import AuditAction
from security.actor import current_actor
from security.permissions import Action


class TasksView(GovernedView):
    """The tasks somebody asked for; administrators see all, and fetch only what they asked for themselves."""

    OPENS: ClassVar[dict[str, Action]] = {**GovernedView.OPENS, "file_view": Action.VIEW}

    def _task(self) -> Task:
        task = self.wanted()
        if not isinstance(task, Task):
            abort(404)
        return task

    @expose("/details/")
    def details_view(self) -> str:
        task = self._task()
        return self.render_page(
            "progress",
            {
                "title": task.name,
                "lead": _(TaskKind.UNDO_IMPORT.label) if task.kind == TaskKind.UNDO_IMPORT else None,
                "task": progress_of(task),
                "actions": [one for one in self.record_actions(task) if "/do/stop/" not in one["url"]],
                "back_url": list_url(task.about or "") or self.home,
            },
        )

    @expose("/file/")
    def file_view(self) -> Response:
        """What a task made, for who asked for it, as long as it is kept."""
        task = self._task()
        if not (task.asked_by == current_actor().id and task.is_permitted()):
            abort(403)
        try:
            pieces = task_file.pieces(task)
        except task_file.FileGone:
            abort(404)
        if task.kind == TaskKind.PERSONAL_COPY and not archive.take(task, datetime.now(UTC)):
            abort(404)  # it can be fetched once
        writer.record_event(
            AuditAction.EXPORT, self.kind.collection_name(), task.pk, reason=task.reason or ""
        )
        response = Response(stream_with_context(pieces), mimetype=task.file["type"])
        response.headers["Content-Disposition"] = attachment(task.file["name"])
        response.headers["Content-Length"] = str(task.file["size"])
        return response


def progress_of(task: Task) -> dict[str, Any]:
    """A task as its page shows it."""
    page = f"/admin/{task.collection_name()}"
    waits = task.state == "waiting" or (task.state == "running" and task.of is None)
    errors = [
        {"label": _place(one["label"]), "text": _(one["message"], **one["words"])} for one in task.problems
    ]
    if task.failed > len(errors):
        more = task.failed - len(errors)
        errors.append({"label": "", "text": ngettext("and %(num)s more", "and %(num)s more", more)})
    return {
        "label": task.name,
        "state": task.state,
        "done": task.done + task.failed,
        "of": None if waits else task.of,
        "errors": errors,
        "summary": _summary(task),
        "result_url": _result_url(task),
        "result_label": _("Download") if task.file else None,
        "cancel_url": f"{page}/do/stop/?id={task.pk}" if task.is_active() and not task.cancel_asked else None,
    }


def _result_url(task: Task) -> str | None:
    if task.state != "done":
        return None
    if task.file and task.kind != TaskKind.IMPORT and task.asked_by == current_actor().id:
        return url_for("tasks.file_view", id=str(task.pk))
    return task.result.get("url")


def _place(label: str) -> str:
    """Where something went wrong: what a record is called, or a line of a file."""
    return _("Line %(line)s", line=label[1:]) if label.startswith("#") else label


def _summary(task: Task) -> str | None:
    """What came of a task, where there is more to say than how many are done."""
    if task.kind != TaskKind.IMPORT:
        done, failed = format_decimal(task.done), format_decimal(task.failed)
        return _("%(done)s done, %(failed)s not done", done=done, failed=failed) if task.failed else None
    return _(
        "%(added)s added, %(unchanged)s were here already, %(rejected)s rejected",
        added=format_decimal(task.result.get("added", 0)),
        unchanged=format_decimal(task.result.get("unchanged", 0)),
        rejected=format_decimal(task.failed),
    )

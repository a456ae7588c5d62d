"""The page Jobs: what runs without a person, how it went, and a way to run one now."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from flask import abort, flash, redirect
from flask_admin import BaseView, expose
from flask_babel import format_timedelta
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from admin.current_user import may, me
from language.words import N_
from records import job_state
from records.job_state import JobState, Run, RunState
from records.storage import keys
from security.actor import current_actor
from security.permissions import PAGES, Action

OLD_COPIES = N_(
    "The master key was turned since the keys were last copied: no copy of them that you keep could be "
    "restored. Please have them copied now, and the keyring too (python app.py backup --keys-only FOLDER)."
)


class JobsView(BaseView):
    """Every job with its last runs; who may, has one run now."""

    OPENS = {"index": Action.VIEW, "run": Action.RUN}

    def is_accessible(self) -> bool:
        return may(Action.VIEW, PAGES["jobs"])

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        if me() is None:
            abort(401)
        if name not in self.OPENS or not may(self.OPENS[name], PAGES["jobs"]):
            abort(403)

    @expose("/")
    def index(self) -> str:
        now = datetime.now(UTC)
        page = SimpleNamespace(
            title=_("Jobs"),
            lead=_(
                "What runs without a person. A run that was broken off is taken up again where it stopped."
            ),
            warning=_(OLD_COPIES) if keys.copies_are_old() else None,
            jobs=[_shown(state, runs, now) for state, runs in job_state.overview()],
        )
        return self.render("steward/jobs.html", page=page)

    @expose("/run/<name>/", methods=("POST",))
    def run(self, name: str) -> Response:
        try:
            job_state.request_run(name, current_actor(), datetime.now(UTC))
        except job_state.UnknownJob:
            abort(404)
        flash(_("It will start within a few seconds."), "success")
        return redirect("/admin/jobs/")


def _shown(state: JobState, runs: list[Run], now: datetime) -> dict[str, Any]:
    running = next((run for run in runs if run.state == RunState.RUNNING), None)
    finished = [run for run in runs if run.state != RunState.RUNNING]
    last = finished[0] if finished else None
    return {
        "name": state.name,
        "label": _(state.label),
        "about": _(state.about),
        "state": _state(state, running, last, now),
        "last": _run(last) if last else None,
        "next_at": state.next_run_at,
        "progress": {"done": running.examined, "of": running.of} if running else None,
        "run_url": f"/admin/jobs/run/{state.name}/",
        "may_run": may(Action.RUN, PAGES["jobs"]),
        "history": [_run(run) for run in finished[1:]],
    }


def _state(state: JobState, running: Run | None, last: Run | None, now: datetime) -> str:
    if (running and state.is_running(now)) or state.asked:
        return "running"
    if last is None:
        return "never"
    return "failed" if last.state == RunState.FAILED else "idle"


def _run(run: Run) -> dict[str, Any]:
    took = run.finished_at - run.started_at if run.finished_at else None
    return {
        "at": run.started_at,
        "took": format_timedelta(took, threshold=1.2) if took else None,
        "examined": run.examined,
        "changed": run.changed,
        "failed": run.failed,
        "error": run.error,
        "by": run.by,
    }

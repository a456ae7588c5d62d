"""Explain a deadline: every span in which the clock ran, stood still or was closed, and the rule applied."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import abort, jsonify, request
from flask_admin import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from admin.formatting import TONES
from admin.locale import language
from admin.pages.page import Page
from documents.deadlines import sla_clocks
from documents.deadlines.calendar_override import CalendarName
from documents.deadlines.deadline_record import HasDeadlines, calendar_of, deadline_status
from documents.deadlines.deadline_rule import DeadlineRule
from documents.deadlines.sla_clocks import Clock
from documents.tickets.channel import Channel
from records.declaration.record import Governed
from records.lists.reference_labels import labels
from working_time.explanation import NOT_PUBLISHED, Explanation
from working_time.spans import Span, State

HOUR = timedelta(hours=1)


class ExplainPages(Page):
    """How the deadlines of a record come about; for the kinds that have any."""

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        found = super().record_actions(record)
        if getattr(record, "promise", None):
            url = f"{self.home}explain/?id={record.pk}"
            found.append({"label": _("Explain this deadline"), "url": url})
        return found

    @expose("/explain/")
    def explain_view(self) -> str | Response:
        """The explanation in the reader's language and zone, or as JSON for who asks for that."""
        if not issubclass(self.kind, HasDeadlines):
            abort(404)
        record = self.wanted()
        explained = _explained(record)
        if request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json":
            answer = jsonify(
                {"record": str(record), "clocks": [_as_data(record, *each) for each in explained]}
            )
            answer.vary.add("Accept")
            return answer
        return self.render_page(
            "explain",
            {
                "title": _("Deadlines of %(record)s", record=record),
                "actions": [{"label": _("Back"), "url": self.details_url(record)}],
                "lead": self._rule(record) if record.promise else None,
                "zone": self.display().zone.key,
                "clocks": [self._shown(record, *each) for each in explained],
            },
        )

    def _rule(self, record: HasDeadlines) -> str:
        """By which rule and calendar, and since when that holds."""
        promise = record.promise
        words = {
            "calendar": _(CalendarName(promise.calendar).label),
            "moment": self.display().moment(promise.as_of),
        }
        if not promise.rule:
            return _(
                "Promised on %(moment)s as the product declares it, by the calendar “%(calendar)s”.", **words
            )
        kind = DeadlineRule.collection_name()
        name = labels({kind: [promise.rule]}).get((kind, promise.rule)) or _("(deleted)")
        return _(
            "Promised on %(moment)s by the rule “%(rule)s” in its version %(version)s, "
            "by the calendar “%(calendar)s”.",
            rule=name,
            version=promise.rule_version,
            **words,
        )

    def _shown(self, record: HasDeadlines, clock: Clock, explanation: Explanation) -> dict[str, Any]:
        moment = self.display().moment
        done = sla_clocks.done_at(record, clock)
        stands = deadline_status(explanation.start, explanation.due, done, datetime.now(UTC))
        years = ", ".join(map(str, explanation.provisional_years))
        return {
            "label": _(clock.label),
            "badge": {"text": _(stands.label), "tone": TONES[stands]} if stands else
                     {"text": _("paused"), "tone": "muted"},
            "facts": [
                (_("Promised"), _("%(time)s of working time", time=duration(explanation.work))),
                (_("Began"), moment(explanation.start)),
                (_("Due"), moment(explanation.due) if explanation.due else _("Not while the clock stands still")),
                (_("Done"), moment(done) if done else "—"),
            ],
            "channel": _hastened(record, clock),
            "provisional": _(NOT_PUBLISHED, years=years) if years else None,
            "spans": list(_rows(explanation.spans, moment)),
        }  # fmt: skip


def _hastened(record: HasDeadlines, clock: Clock) -> str | None:
    """That the channel promises this sooner than the rule, where it does (R33)."""
    by = record.promise.hastened_by
    if clock is not Clock.FIRST_RESPONSE or not by:
        return None
    return _(
        "The channel “%(channel)s” promises a first response sooner than the rule for its kind and priority "
        "does, so the time of the channel holds.",
        channel=_(Channel(by).label),
    )


def _explained(record: HasDeadlines) -> list[tuple[Clock, Explanation]]:
    if not record.promise:
        return []
    calendar = calendar_of(record)
    found = [(clock, sla_clocks.explain(record, clock, calendar, language())) for clock in Clock]
    return [(clock, explanation) for clock, explanation in found if explanation]


def _rows(spans: tuple[Span, ...], moment: Any) -> Any:
    """The spans in the reader's words, with the working time counted until the end of each."""
    counted = timedelta(0)
    for span in spans:
        counted += span.length if span.state is State.RUNNING else timedelta(0)
        yield {
            "state": span.state.value,
            "label": _(span.state.label),
            "from": moment(span.start),
            "to": _("still lasting") if span.is_open else moment(span.end),
            "length": "" if span.is_open else duration(span.length),
            "reason": _(span.reason),
            "counted": duration(counted) if span.state is State.RUNNING else "",
        }


def _as_data(record: HasDeadlines, clock: Clock, explanation: Explanation) -> dict[str, Any]:
    done = sla_clocks.done_at(record, clock)
    rule = record.promise.rule
    return {
        "clock": clock.value,
        "rule": {"id": str(rule), "version": record.promise.rule_version} if rule else None,
        "channel": record.promise.hastened_by if clock is Clock.FIRST_RESPONSE else None,
        "as_of": record.promise.as_of.isoformat(),
        "done": done.isoformat() if done else None,
        **explanation.as_json(),
    }


def duration(length: timedelta) -> str:
    """A length of time as people say it: in minutes below an hour, else in hours."""
    if length < HOUR:
        return _("%(minutes)s min", minutes=f"{length / timedelta(minutes=1):.3g}")
    return _("%(hours)s h", hours=f"{length / HOUR:,.2f}".rstrip("0").rstrip("."))

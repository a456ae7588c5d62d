"""What a record's declaration offers beyond editing, asked for and carried out."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import mongoengine
from bson import ObjectId
from flask import abort, flash, jsonify, redirect, request
from flask_admin import expose
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from admin.formatting import title_of
from admin.http.errors import wants_json
from admin.locale import time_zone
from admin.pages.action_draft import Filled, fill_in
from admin.pages.action_form import VerbForm, answers, form_for_verb, new_token
from admin.pages.messages import refusal
from admin.pages.page import Page, pick_url
from language.words import N_
from records.declaration.actions import ActionInput, ActionRefused, RecordAction, actions_of
from records.declaration.record import Governed
from records.storage.idempotency import AlreadyProcessed, run_once
from records.storage.writer import ConcurrentModification, DuplicateValue, ImmutableField


class VerbPages(Page):
    """One record, and what can be done with it."""

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        verbs = actions_of(self.kind).values()
        mine = [
            self._verb_action(record, one) for one in verbs if self.may(one.requires) and one.when(record)
        ]
        return [*super().record_actions(record), *mine]

    def _verb_action(self, record: Governed, one: RecordAction) -> dict[str, Any]:
        """A link to a verb's questions, or a button where it asks no more than a note."""
        offer = {
            "label": _(one.label),
            "url": f"{self.home}do/{one.name}/?id={record.pk}",
            "danger": one.danger,
            "group": one.group,
            "leads": one.primary(record),
        }
        if one.inputs and not one.comment:
            return offer
        return offer | {
            "method": "post",
            "hidden": [("token", new_token())],
            "confirm": _(one.label) if one.comment else None,
            "reason": _(one.comment) if one.comment else None,
        }

    @expose("/do/<name>/", methods=("GET", "POST"))
    def verb_view(self, name: str) -> str | Response | tuple[str, int]:
        """Do what the record's declaration offers beyond editing, once all it asks is answered."""
        one = self._verb(name)
        record = self.wanted()
        if one.inputs and not one.comment:
            return self._ask(record, one)
        note = request.form.get("reason", "").strip()[:2000]
        if request.method == "GET" or (one.comment and not (note and request.form.get("confirmed"))):
            return self._confirm(
                _(one.label),
                [record],
                request.full_path,
                needs_reason=bool(one.comment),
                hidden=[("token", request.form.get("token") or new_token())],
                reason_label=_(one.comment) if one.comment else None,
                danger=one.danger,
            )
        if problem := self._do(record.pk, one, {"note": note} if one.comment else {}, _token()):
            flash(problem, "error")
        else:
            flash(_("Done: %(what)s.", what=_(one.label)), "success")
        return redirect(self.details_url(record))

    def _ask(self, record: Governed, one: RecordAction) -> str | Response | tuple[str, int]:
        """The page with a verb's questions; where it was refused, everything answered is still there."""
        one = _with_what_applies(one, record, datetime.now(UTC))
        form = form_for_verb(one, ZoneInfo(time_zone()), pick_url)
        if not one.when(record):
            flash(refusal(_not_now(record, one)), "error")
            return redirect(self.details_url(record))
        if one.draft_method and (not form.is_submitted() or "fill" in request.form):
            filled = fill_in(record, one, form)
            if wants_json():
                return jsonify(filled.as_json())
            filled.put_into(form)
            return self._asked_page(record, one, form, filled)
        if form.validate_on_submit():
            problem = self._do(record.pk, one, answers(form, one), _token())
            if not problem:
                flash(_("Done: %(what)s.", what=_(one.label)), "success")
                return redirect(self.details_url(record))
            form.form_errors.append(problem)
        page = self._asked_page(record, one, form)
        return (page, 422) if form.errors else page

    def _asked_page(
        self, record: Governed, one: RecordAction, form: VerbForm, filled: Filled | None = None
    ) -> str:
        """The page of a verb's questions. With a draft, what it is made from stands before what it fills in."""
        written = [ask.name for ask in one.inputs if ask.kind in {"long-text", "check"}]
        sources = [ask.name for ask in one.inputs if ask.name not in written]
        parts = [sources, written] if one.draft_method else [[ask.name for ask in one.inputs]]
        return self.render_page(
            "verb",
            {
                "title": _(one.label),
                "lead": title_of(self.kind, record.stored or {}),
                "fieldsets": [{"label": "", "names": names} for names in parts],
                "submit_label": _(one.label),
                "danger": one.danger,
                "cancel_url": self.details_url(record),
                "fills": bool(one.draft_method),
                "note": filled.note if filled else "",
                "drafted": filled.marks if filled else request.form.get("drafted", ""),
                "beside": self.beside(record),
            },
            form=form,
            zone=time_zone(),
        )

    def beside(self, record: Governed) -> list[dict[str, Any]]:
        """What whoever answers a verb's questions wants to see: `[{"label", "template", …}]`."""
        return []

    def _verb(self, name: str) -> RecordAction:
        one = actions_of(self.kind).get(name)
        if one is None:
            abort(404)
        if not self.may(one.requires):
            abort(403)
        return one

    def _do(self, pk: ObjectId, one: RecordAction, answered: dict[str, Any], token: ObjectId) -> str | None:
        """Carry out a verb on the record as it is stored now; return why not, in words."""
        now = datetime.now(UTC)

        def carry_out() -> None:
            record = self.wanted(str(pk))
            if not one.when(record):
                raise _not_now(record, one)
            getattr(record, one.name)(now, **answered)

        try:
            run_once(token, carry_out, now)
        except AlreadyProcessed:
            pass  # the same form, sent a second time
        except ActionRefused as error:
            return refusal(error)
        except ConcurrentModification:
            return _("Somebody has just changed this record. Please look at it again.")
        except (ImmutableField, DuplicateValue, mongoengine.ValidationError):
            return _("These answers do not fit this record. Nothing was changed.")
        return None


def _with_what_applies(one: RecordAction, record: Governed, now: datetime) -> RecordAction:
    """A verb with those of its questions that are put for a record at this moment."""
    put = (
        replace(ask, required=True) if ask.needed else ask for ask in one.inputs if _applies(ask, record, now)
    )
    return replace(one, inputs=tuple(put))


def _applies(ask: ActionInput, record: Governed, now: datetime) -> bool:
    return ask.needed is None or ask.needed(record, now)


def _token() -> ObjectId:
    """What tells one sending of a form from the next; a form without one is always new."""
    text = request.form.get("token", "")
    return ObjectId(text) if ObjectId.is_valid(text) else ObjectId()


def _not_now(record: Governed, one: RecordAction) -> ActionRefused:
    sentence = N_("“%(what)s” is not possible for %(record)s as it stands.")
    return ActionRefused(sentence, what=_(one.label), record=str(record))

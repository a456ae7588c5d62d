"""Records are made and changed in forms; where two change one, the second chooses."""

from typing import Any
from zoneinfo import ZoneInfo

import mongoengine
from bson import ObjectId
from flask import flash, redirect, request
from flask_admin import expose
from werkzeug.wrappers import Response

from admin import forms
from admin.formatting import Cell, label_of, title_of
from admin.i18n import gettext as _
from admin.locale import time_zone
from admin.pages.conflict import conflict_page, kept_as_stored, typed
from admin.pages.messages import fault, taken
from admin.pages.page import Page, pick_url
from records.declaration.record import Governed
from records.storage.writer import ConcurrentModification, DuplicateValue, ImmutableField
from security.permissions import Action


class EditPages(Page):
    """One record, to be written."""

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        others = super().record_actions(record)
        if record.is_immutable() or not (self.may(Action.EDIT) and forms.offered(self.kind, new=False)):
            return others
        url = f"{self.home}edit/?id={record.pk}"
        return [{"label": _("Edit"), "url": url, "primary": True}, *others]

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> str | Response | tuple[str, int]:
        zone = ZoneInfo(time_zone())
        form = forms.form_for(self.kind, None, zone, pick_url)
        if form.is_submitted() and form.validate():
            record = self.kind()
            if ObjectId.is_valid(form.token.data or ""):
                record.pk = ObjectId(form.token.data)  # a form sent twice is one record
            forms.apply(form, record)
            if self._stored(record, form):
                flash(_("%(record)s has been stored.", record=record), "success")
                return redirect(self.details_url(record))
            if form.token.errors:
                return redirect(self.details_url(record))
        return self._form(form, _("New: %(kind)s", kind=_(self.kind.policy.singular)), self.home, new=True)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> str | Response | tuple[str, int]:
        zone = ZoneInfo(time_zone())
        record = self.found() if request.method == "POST" else self.wanted()
        if record is None:
            return self._gone(zone), 410
        if record.is_immutable():
            flash(_("This can no longer be changed."), "info")
            return redirect(self.details_url(record))
        form = forms.form_for(self.kind, record, zone, pick_url)
        title = _("Edit %(record)s", record=title_of(self.kind, record.stored or {}))
        if not form.is_submitted():
            return self._form(form, title, self.details_url(record))
        kept = kept_as_stored(request.form)
        if not form.validate():
            return self._form(form, title, self.details_url(record))
        if form.version.data not in {str(record.version), "", None} and forms.differing(form, record):
            return conflict_page(self, record, form), 409
        before = record.version
        forms.apply(form, record, keep=kept)
        if self._stored(record, form):
            saved = record.version != before
            flash(_("Saved.") if saved else _("Nothing was changed."), "success" if saved else "info")
            return redirect(self.details_url(record))
        if form.version.errors:
            return self._met(record, form, zone)
        return self._form(form, title, self.details_url(record))

    def _met(self, record: Governed, form: forms.RecordForm, zone: ZoneInfo) -> tuple[str, int]:
        """Somebody else's save came between our reading and our writing."""
        stored = self.found(str(record.pk))
        if stored is None:
            return self._gone(zone), 410
        return conflict_page(self, stored, forms.form_for(self.kind, stored, zone, pick_url)), 409

    def _gone(self, zone: ZoneInfo) -> str:
        """The record was deleted meanwhile: nothing is stored, and what was typed is shown."""
        form = forms.form_for(self.kind, None, zone, pick_url)
        form.validate()
        display = self.display(whole=True)
        texts = {name: typed(form, display, name) for name in forms.offered(self.kind, new=False)}
        facts = [
            {
                "name": name,
                "label": label_of(self.kind, name),
                "cell": Cell(text, "lines"),
                "wide": True,
            }
            for name, text in texts.items()
            if text
        ]
        return self.render_page(
            "details",
            {
                "title": _("Deleted meanwhile"),
                "subtitle": _("Somebody deleted this record while you were editing it. Nothing was stored."),
                "actions": [{"label": _("Back to the list"), "url": self.home}],
                "sections": [{"label": _("What you typed"), "facts": facts}],
                "history": None,
            },
        )

    def _form(
        self, form: forms.RecordForm, title: str, back: str, *, new: bool = False
    ) -> str | tuple[str, int]:
        names = forms.offered(self.kind, new=new)
        forms.name_references(form)
        page = self.render_page(
            "form",
            {"title": title, "fieldsets": forms.fieldsets(self.kind, names), "cancel_url": back},
            form=form,
            zone=time_zone(),
        )
        return (page, 422) if form.errors else page

    def _stored(self, record: Governed, form: forms.RecordForm) -> bool:
        """Save; where that may not be, say so beside the field it is about."""
        try:
            record.save(reason=request.form.get("reason", "").strip()[:500])
        except ImmutableField as error:
            _say(form, error.name, _("This can no longer be changed."))
        except DuplicateValue as error:
            if error.name == "_id":
                form.token.errors = ["sent twice"]
            else:
                _say(form, error.name, taken(self.kind, error.name))
        except ConcurrentModification:
            form.version.errors = ["stale"]
        except mongoengine.ValidationError as error:
            for name, wrong in error.errors.items():
                _say(form, name, fault(wrong))
        else:
            return True
        return False


def _say(form: forms.RecordForm, name: str, sentence: str) -> None:
    field = form[name if name in form else "version"]
    field.errors = [*field.errors, sentence]

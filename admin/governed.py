"""The pages each governed document gets, read off its own declaration.

Every page says in `OPENS` which action of the permission table opens it; one that does not is
closed to everyone.
"""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import mongoengine
from bson import ObjectId
from flask import abort, flash, jsonify, redirect, request
from flask_admin import BaseView, expose
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from admin import details, forms
from admin.acting import may, me
from admin.asking import answers, form_for_verb, new_token
from admin.conflict import conflict_page, kept_as_stored
from admin.counts import count_text
from admin.display import Display, title_of
from admin.export import FORMATS, export
from admin.history import history
from admin.language import time_zone
from admin.listing import Listing
from documents import erasing, tokens, writing
from documents.audit import Deed
from documents.database import database
from documents.filters import Asked, BadFilter, query
from documents.once import DoneAlready, once
from documents.paging import BadCursor
from documents.policy import Fate
from documents.record import Governed
from documents.registry import by_collection
from documents.verbs import Refused, Verb, verbs_of
from documents.words import N_, Choice
from documents.writing import GoneRecord, LockedField, StaleRecord, TakenValue
from security.permissions import Action

SUGGESTIONS = 12
MOST_AT_ONCE = 500
BY_HAND = "deleted by hand"


class GovernedView(BaseView):
    """List, details, forms and actions of one kind of record."""

    OPENS: ClassVar[dict[str, Action]] = {
        "index_view": Action.VIEW,
        "count_view": Action.VIEW,
        "details_view": Action.VIEW,
        "lookup_view": Action.PICK,
        "create_view": Action.CREATE,
        "edit_view": Action.EDIT,
        "delete_view": Action.DELETE,
        "reveal_view": Action.REVEAL,
        "history_view": Action.HISTORY,
        "export_view": Action.EXPORT,
        "verb_view": Action.VIEW,  # each verb names its own action, asked for below
        "action_view": Action.VIEW,
    }

    def __init__(self, kind: type[Governed]) -> None:
        self.kind = kind
        self.grants = kind.policy.access
        collection = kind.collection_name()
        super().__init__(name=kind.policy.title, endpoint=collection, url=f"/admin/{collection}")

    # -- Who may -----------------------------------------------------------------------------

    def may(self, action: Action) -> bool:
        return may(action, self.grants)

    def is_accessible(self) -> bool:
        return self.may(Action.VIEW) or self.may(Action.PICK)

    def _handle_view(self, name: str, /, **_options: Any) -> Any:
        """Let nobody in whom the permission table does not name."""
        if me() is None:
            abort(401)
        action = self.OPENS.get(name)
        if action is None or not self.may(action):
            abort(403)
        return None

    # -- What every page needs ---------------------------------------------------------------

    @property
    def home(self) -> str:
        return f"{self.url}/"

    def display(self, *, whole: bool = False, revealed: frozenset[str] = frozenset()) -> Display:
        return Display(self.kind, ZoneInfo(time_zone()), datetime.now(UTC), record_url, whole, revealed)

    def render_page(self, template: str, page: dict[str, Any], **context: Any) -> str:
        return self.render(f"steward/{template}.html", page=SimpleNamespace(**(PAGE | page)), **context)

    def asked(self) -> Asked:
        return {name: values[:50] for name, values in request.args.lists()}

    def query(self, asked: Asked) -> dict[str, Any]:
        try:
            return query(self.kind, asked, datetime.now(UTC), ZoneInfo(time_zone()))
        except BadFilter as error:
            raise BadRequest(_(error.message, name=_(error.name), value=error.value)) from error

    def wanted(self, pk: str | None = None) -> Governed:
        """The record the address names; 404 where there is none."""
        text = pk if pk is not None else request.values.get("id", "")
        if not ObjectId.is_valid(text):
            abort(404)
        record = self.kind.objects(pk=ObjectId(text)).first()
        if record is None:
            abort(404)
        return record

    def details_url(self, record: Governed) -> str:
        return f"{self.home}details/?id={record.pk}"

    # -- The list ----------------------------------------------------------------------------

    @expose("/")
    def index_view(self) -> str:
        asked = self.asked()
        listing = Listing(self.kind, asked, self.query(asked), self.home)
        try:
            found = listing.read()
        except BadCursor as error:
            raise BadRequest(_("This page of the list no longer exists.")) from error
        return self.render_page(
            "list",
            {
                "title": _(self.kind.policy.title),
                "kind": self.kind.collection_name(),
                "actions": self._list_actions(),
                "search": {"value": listing._one("search"), "hint": None, "enabled": True},
                "filters": listing.filters(lookup_url),
                "active_filters": listing.active_filters(),
                "keep": [(n, v) for n in ("sort", "size") if (v := listing._one(n))],
                "clear_url": self.home,
                "columns": listing.columns(),
                "rows": listing.rows(found, self.display()),
                "pager": listing.pager(found),
                "count_url": listing.address().replace(self.home, f"{self.home}count/", 1),
                "bulk": self._bulk(),
                "bulk_url": f"{self.home}action/",
                "exports": self._exports(listing),
                "empty": _("Nothing matches.") if asked else _("Nothing here yet."),
            },
        )

    def _list_actions(self) -> list[dict[str, Any]]:
        if not self.may(Action.CREATE):
            return []
        return [{"label": _("New"), "url": f"{self.home}new/", "primary": True}]

    def _bulk(self) -> list[dict[str, Any]]:
        found = [
            {"name": one.name, "label": _(one.label), "confirm": None, "reason": False}
            for one in verbs_of(self.kind).values()
            if one.many and self.may(one.action)
        ]
        if self.may(Action.DELETE):
            found.append({"name": "delete", "label": _("Delete"), "confirm": None, "reason": False})
        return found

    def _exports(self, listing: Listing) -> list[dict[str, str]]:
        if not self.may(Action.EXPORT):
            return []
        return [
            {"label": label, "url": listing.address().replace(self.home, f"{self.home}export/{name}/", 1)}
            for name, label in FORMATS.items()
        ]

    @expose("/count/")
    def count_view(self) -> Response:
        """How many records the list has: asked after the page is there, so that none waits for it."""
        return jsonify({"text": count_text(self.kind, self.query(self.asked()))})

    @expose("/ajax/lookup/")
    def lookup_view(self) -> Response:
        """Records to refer to, by what was typed: `[[id, label], …]`."""
        words = (request.args.get("query") or "").strip()[:100]
        found: dict[str, Any] = {"search": {"$all": tokens.of_query(words) or [0]}} if words else {}
        if "active" in self.kind._fields:
            found["active"] = True
        label = self.kind._fields[self.kind.policy.label].db_field
        rows = list(
            database()[self.kind.collection_name()].find(found, {label: 1}).sort("_id", -1).limit(SUGGESTIONS)
        )
        return jsonify([[str(row["_id"]), title_of(self.kind, row)] for row in rows])

    # -- One record --------------------------------------------------------------------------

    @expose("/details/")
    def details_view(self) -> str:
        return self._details(self.wanted())

    def _details(self, record: Governed, revealed: frozenset[str] = frozenset()) -> str:
        display = self.display(whole=True, revealed=revealed)
        row = record.stored or {}
        hidden = details.masked_fields(self.kind, row) if self.may(Action.REVEAL) and not revealed else []
        entries, more = history(display, record.pk) if self.may(Action.HISTORY) else (None, False)
        return self.render_page(
            "details",
            {
                "title": title_of(self.kind, row),
                "subtitle": _(self.kind.policy.one),
                "badges": details.badges(self.kind, row),
                "actions": self._record_actions(record),
                "sections": [*details.sections(display, row), *self.extra_sections(record, display)],
                "panels": self.extra_panels(record),
                "related": details.related(display, record.pk, list_url, self._other_display),
                "history": entries,
                "history_more_url": f"{self.home}history/?id={record.pk}" if more else None,
                "reveal": {"url": f"{self.home}reveal/?id={record.pk}", "fields": hidden} if hidden else None,
            },
        )

    def extra_sections(self, record: Governed, display: Display) -> list[dict[str, Any]]:
        """More facts on a record's page, for the kinds that have any: `[{"label", "facts"}]`."""
        return []

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        """Parts of a record's page with a template of their own: `[{"label", "template", …}]`."""
        return []

    def _other_display(self, kind: type[Governed]) -> Display:
        here = self.display()
        return Display(kind, here.zone, here.now, record_url)

    def _record_actions(self, record: Governed) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        if self.may(Action.EDIT) and forms.offered(self.kind, new=False):
            found.append({"label": _("Edit"), "url": f"{self.home}edit/?id={record.pk}", "primary": True})
        found += [
            self._verb_action(record, one)
            for one in verbs_of(self.kind).values()
            if self.may(one.action) and one.when(record)
        ]
        if self.may(Action.DELETE):
            found.append(
                {
                    "label": _("Delete"),
                    "url": f"{self.home}delete/?id={record.pk}",
                    "method": "post",
                    "confirm": self._delete_question(record),
                    "reason": True,
                    "danger": True,
                }
            )
        return found

    def _verb_action(self, record: Governed, one: Verb) -> dict[str, Any]:
        """A link to a verb's questions, or a button where it asks no more than a note."""
        url = f"{self.home}do/{one.name}/?id={record.pk}"
        if one.asks and not one.note:
            return {"label": _(one.label), "url": url, "danger": one.danger}
        return {
            "label": _(one.label),
            "url": url,
            "method": "post",
            "hidden": [("token", new_token())],
            "confirm": _(one.note) + ":" if one.note else None,
            "reason": bool(one.note),
            "danger": one.danger,
        }

    @expose("/history/")
    def history_view(self) -> str:
        record = self.wanted()
        entries, more = history(self.display(whole=True), record.pk, limit=1000)
        return self.render_page(
            "details",
            {
                "title": title_of(self.kind, record.stored or {}),
                "subtitle": _("The latest 1,000 entries") if more else _("The whole history"),
                "actions": [{"label": _("Back"), "url": self.details_url(record)}],
                "sections": [],
                "history": entries,
            },
        )

    @expose("/reveal/", methods=("POST",))
    def reveal_view(self) -> str | Response:
        """Show personal values of one record on this one page, for a reason that is kept (R8)."""
        record = self.wanted()
        reason = request.form.get("reason", "").strip()[:500]
        known = {one["name"] for one in details.masked_fields(self.kind, record.stored or {})}
        fields = known & set(request.form.getlist("fields"))
        if not reason or not fields:
            flash(_("Please give a reason and choose what to show."), "error")
            return redirect(self.details_url(record))
        named = ", ".join(sorted(fields))
        writing.note(Deed.REVEAL, self.kind.collection_name(), record.pk, f"{reason} ({named})")
        return self._details(record, frozenset(fields))

    # -- Forms -------------------------------------------------------------------------------

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> str | Response | tuple[str, int]:
        zone = ZoneInfo(time_zone())
        form = forms.form_for(self.kind, None, zone, lookup_url)
        if form.is_submitted() and form.validate():
            record = self.kind()
            if ObjectId.is_valid(form.token.data or ""):
                record.pk = ObjectId(form.token.data)  # a form sent twice is one record
            forms.apply(form, record, zone)
            if self._stored(record, form):
                flash(_("%(record)s has been stored.", record=record), "success")
                return redirect(self.details_url(record))
            if form.token.errors:
                return redirect(self.details_url(record))
        return self._form(form, _("New: %(kind)s", kind=_(self.kind.policy.one)), self.home, new=True)

    @expose("/edit/", methods=("GET", "POST"))
    def edit_view(self) -> str | Response | tuple[str, int]:
        record, zone = self.wanted(), ZoneInfo(time_zone())
        form = forms.form_for(self.kind, record, zone, lookup_url)
        title = _("Edit %(record)s", record=title_of(self.kind, record.stored or {}))
        if not form.is_submitted():
            return self._form(form, title, self.details_url(record))
        kept = kept_as_stored(request.form)
        if not form.validate():
            return self._form(form, title, self.details_url(record))
        if form.version.data not in {str(record.version), "", None} and forms.differing(form, record, zone):
            return conflict_page(self, record, form, zone), 409
        before = record.version
        forms.apply(form, record, zone, keep=kept)
        if self._stored(record, form):
            saved = record.version != before
            flash(_("Saved.") if saved else _("Nothing was changed."), "success" if saved else "info")
            return redirect(self.details_url(record))
        if form.version.errors:
            return conflict_page(self, self.wanted(str(record.pk)), form, zone), 409
        return self._form(form, title, self.details_url(record))

    def _form(
        self, form: forms.RecordForm, title: str, back: str, *, new: bool = False
    ) -> str | tuple[str, int]:
        names = forms.offered(self.kind, new=new)
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
        except LockedField as error:
            _say(form, error.name, _("This can no longer be changed."))
        except TakenValue as error:
            if error.name == "_id":
                form.token.errors = ["sent twice"]
            else:
                _say(form, error.name, _("Another record already has this value."))
        except GoneRecord:
            abort(404)
        except StaleRecord:
            form.version.errors = ["stale"]
        except mongoengine.ValidationError as error:
            for name in error.to_dict():
                _say(form, name, _("This value does not fit here."))
        else:
            return True
        return False

    # -- Deeds -------------------------------------------------------------------------------

    @expose("/delete/", methods=("POST",))
    def delete_view(self) -> str | Response | tuple[str, int]:
        record = self.wanted()
        reason = request.form.get("reason", "").strip()[:500]
        if not request.form.get("confirmed") or not reason:
            return self._confirm(
                self._delete_question(record),
                [record],
                f"{self.home}delete/?id={record.pk}",
                needs_reason=True,
            )
        if erasing.free_of_hold([record]) == []:
            flash(_("A legal hold keeps %(record)s.", record=record), "error")
            return redirect(self.details_url(record))
        try:
            erasing.end([record], Fate.ERASE, f"{BY_HAND}: {reason}", datetime.now(UTC))
        except StaleRecord:
            flash(_("Somebody has just changed this record. Please look at it again."), "error")
            return redirect(self.home)
        flash(_("%(record)s has been deleted.", record=record), "success")
        return redirect(self.home)

    def _delete_question(self, record: Governed) -> str:
        return _("Delete %(record)s for good?", record=record)

    @expose("/do/<name>/", methods=("GET", "POST"))
    def verb_view(self, name: str) -> str | Response | tuple[str, int]:
        """Do what the record's declaration offers beyond editing, once all it asks is answered."""
        record, one = self.wanted(), self._verb(name)
        if one.asks and not one.note:
            return self._ask(record, one)
        note = request.form.get("reason", "").strip()[:2000]
        if request.method == "GET" or (one.note and not (note and request.form.get("confirmed"))):
            question = _(one.note) + ":" if one.note else _(one.label) + "?"
            hidden = [("token", request.form.get("token") or new_token())]
            url = request.full_path
            return self._confirm(question, [record], url, needs_reason=bool(one.note), hidden=hidden)
        if problem := self._do(record.pk, one, {"note": note} if one.note else {}, _token()):
            flash(problem, "error")
        else:
            flash(_("Done: %(what)s.", what=_(one.label)), "success")
        return redirect(self.details_url(record))

    def _ask(self, record: Governed, one: Verb) -> str | Response | tuple[str, int]:
        """The page with a verb's questions; where it was refused, everything answered is still there."""
        form = form_for_verb(one, ZoneInfo(time_zone()), lookup_url)
        if not one.when(record):
            flash(refusal(_not_now(record, one)), "error")
            return redirect(self.details_url(record))
        if form.validate_on_submit():
            problem = self._do(record.pk, one, answers(form, one), _token())
            if not problem:
                flash(_("Done: %(what)s.", what=_(one.label)), "success")
                return redirect(self.details_url(record))
            form.form_errors.append(problem)
        page = self.render_page(
            "form",
            {
                "title": _(one.label),
                "lead": title_of(self.kind, record.stored or {}),
                "fieldsets": [{"label": "", "names": [ask.name for ask in one.asks]}],
                "submit_label": _(one.label),
                "danger": one.danger,
                "cancel_url": self.details_url(record),
            },
            form=form,
            zone=time_zone(),
        )
        return (page, 422) if form.errors else page

    def _verb(self, name: str) -> Verb:
        one = verbs_of(self.kind).get(name)
        if one is None:
            abort(404)
        if not self.may(one.action):
            abort(403)
        return one

    def _do(self, pk: ObjectId, one: Verb, answered: dict[str, Any], token: ObjectId) -> str | None:
        """Carry out a verb on the record as it is stored now; return why not, in words."""
        now = datetime.now(UTC)

        def carry_out() -> None:
            record = self.wanted(str(pk))
            if not one.when(record):
                raise _not_now(record, one)
            getattr(record, one.name)(now, **answered)

        try:
            once(token, carry_out, now)
        except DoneAlready:
            pass  # the same form, sent a second time
        except Refused as error:
            return refusal(error)
        except StaleRecord:
            return _("Somebody has just changed this record. Please look at it again.")
        except (LockedField, TakenValue, mongoengine.ValidationError):
            return _("These answers do not fit this record. Nothing was changed.")
        return None

    @expose("/action/", methods=("POST",))
    def action_view(self) -> str | Response | tuple[str, int]:
        """Do one thing to the selected records: first shown, then done."""
        name = request.form.get("action", "")
        pks = [ObjectId(pk) for pk in request.form.getlist("rowid")[:MOST_AT_ONCE] if ObjectId.is_valid(pk)]
        deleting = name == "delete"
        if deleting and not self.may(Action.DELETE):
            abort(403)
        one = None if deleting else self._verb(name)
        if one and not one.many:
            abort(404)
        records = list(self.kind.objects(pk__in=pks))
        if not records:
            flash(_("Please select at least one record."), "error")
            return redirect(self.home)
        note = request.form.get("reason", "").strip()[:500]
        if not request.form.get("confirmed") or not note:
            question = _("Delete these records for good?") if deleting else _(one.label) + "?"  # type: ignore[union-attr]
            hidden = [("action", name), *(("rowid", str(record.pk)) for record in records)]
            return self._confirm(question, records, f"{self.home}action/", needs_reason=True, hidden=hidden)
        done, problems = self._many(records, one, note)
        if done:
            flash(ngettext("Done for %(num)s record.", "Done for %(num)s records.", done), "success")
        for problem in problems[:5]:
            flash(problem, "error")
        return redirect(self.home)

    def _many(self, records: list[Governed], one: Verb | None, note: str) -> tuple[int, list[str]]:
        if one is not None:
            answered = {"note": note} if one.note else {}
            outcomes = [self._do(record.pk, one, answered, ObjectId()) for record in records]
            problems = [problem for problem in outcomes if problem]
            return len(records) - len(problems), problems
        free = erasing.free_of_hold(records)
        held = [
            _("A legal hold keeps %(record)s.", record=record) for record in records if record not in free
        ]
        try:
            return erasing.end(free, Fate.ERASE, f"{BY_HAND}: {note}", datetime.now(UTC)), held
        except StaleRecord:
            return 0, [*held, _("Somebody has just changed one of these records. Nothing was deleted.")]

    def _confirm(
        self,
        question: str,
        records: list[Governed],
        url: str,
        *,
        needs_reason: bool = False,
        hidden: list[tuple[str, str]] | None = None,
    ) -> tuple[str, int] | str:
        """Ask on a page of its own: for those without the script, and before many records at once."""
        return self.render_page(
            "confirm",
            {
                "title": _("Please confirm"),
                "question": question,
                "sample": [title_of(self.kind, record.stored or {}) for record in records[:10]],
                "count": len(records),
                "needs_reason": needs_reason,
                "action_url": url,
                "hidden": hidden or [],
                "danger": True,
                "cancel_url": self.home,
                "reason_error": _("Please say why.") if request.form.get("confirmed") else None,
            },
        )

    # -- Export ------------------------------------------------------------------------------

    @expose("/export/<form>/", methods=("GET", "POST"))
    def export_view(self, form: str) -> Response:
        if form not in FORMATS:
            abort(404)
        asked = self.asked()
        whole = request.form.get("personal") == "1"
        reason = request.form.get("reason", "").strip()[:500]
        if whole and not self.may(Action.EXPORT_PERSONAL):
            abort(403)
        if whole and not reason:
            raise BadRequest(_("Please say why personal data is to be exported."))
        listing = Listing(self.kind, asked, self.query(asked), self.home)
        return export(self.kind, listing, self.display(whole=True), form, personal=whole, reason=reason)


PAGE: dict[str, Any] = {
    "lead": None,
    "actions": (),
    "badges": (),
    "related": (),
    "reveal": None,
    "history_more_url": None,
}
"""What a page may leave unsaid."""


def _say(form: forms.RecordForm, name: str, sentence: str) -> None:
    field = form[name if name in form else "version"]
    field.errors = [*field.errors, sentence]


def _token() -> ObjectId:
    """What tells one sending of a form from the next; a form without one is always new."""
    text = request.form.get("token", "")
    return ObjectId(text) if ObjectId.is_valid(text) else ObjectId()


def _not_now(record: Governed, one: Verb) -> Refused:
    sentence = N_("“%(what)s” is not possible for %(record)s as it stands.")
    return Refused(sentence, what=_(one.label), record=str(record))


def refusal(error: Refused) -> str:
    """Why a deed was refused, in the reader's language."""
    words = {name: _(word.label) if isinstance(word, Choice) else word for name, word in error.words.items()}
    return _(error.message, **words)


def list_url(collection: str) -> str | None:
    """Where a collection's list is, for those who may see it."""
    kind = by_collection(collection)
    return f"/admin/{collection}/" if kind and may(Action.VIEW, kind.policy.access) else None


def record_url(collection: str, pk: ObjectId) -> str | None:
    """Where a record is shown, for those who may see it."""
    url = list_url(collection)
    return f"{url}details/?id={pk}" if url else None


def lookup_url(collection: str) -> str:
    """Where records of a collection are searched for, to refer to one."""
    return f"/admin/{collection}/ajax/lookup/"

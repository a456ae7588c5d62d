"""Requests of persons: letters to print, in the person's language."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from flask import abort, request
from flask_admin import expose

from admin.current_user import may
from admin.formatting import Display, label_of
from admin.governed import GovernedView
from admin.i18n import gettext as _
from admin.i18n import in_language
from admin.pages.page import list_url, record_url
from documents.people.user import User
from documents.privacy.statutory_deadline import Law, Stage
from documents.privacy.subject_request import RequestState, Right, SubjectRequest
from language.languages import Language
from language.words import N_, Choice
from records.declaration.record import Governed
from records.storage import writer
from records.storage.audit import AuditAction, AuditEntry
from security.permissions import Action

MOST_CHANGES = 50


class Letter(Choice):
    """What we write to a person about their request."""

    ACKNOWLEDGEMENT = "acknowledgement", N_("Letter: we have received it")
    EXTENSION = "extension", N_("Letter: it takes longer")
    ANSWER = "answer", N_("Letter: our answer")


class SubjectRequestsView(GovernedView):
    """One request with its legal times, and its letters."""

    OPENS: ClassVar[dict[str, Action]] = {**GovernedView.OPENS, "letter_view": Action.EDIT}

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        asked = _request(record)
        corrections = [_corrections(asked, self.display())] if asked.right == Right.CORRECT else []
        terms = sorted(asked.terms, key=lambda term: term.due_at)
        leads = asked.strictest()
        return [
            *super().extra_panels(record),
            *corrections,
            {
                "label": _("Legal times"),
                "template": "steward/legal_times.html",
                "terms": [
                    {
                        "law": _(Law(term.profile).label),
                        "step": _(Stage(term.step).label),
                        "due": term.due_at,
                        "longer": term.extended_to,
                        "basis": term.basis,
                        "unconfirmed": term.unconfirmed,
                        "leads": term is leads,
                    }
                    for term in terms
                ],
            },
        ]

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        asked, actions = _request(record), super().record_actions(record)
        if not self.may(Action.EDIT):
            return actions
        if asked.right == Right.CORRECT and asked.user and may(Action.EDIT, User.policy.access):
            where = f"{list_url(User.collection_name())}edit/?id={asked.user}"
            actions = [{"label": _("Correct their data"), "url": where}, *actions]
        wanted = [Letter.ACKNOWLEDGEMENT]
        wanted += [Letter.EXTENSION] * bool(asked.extended_at) + [Letter.ANSWER] * bool(asked.closed_at)
        letters = [
            {
                "label": _(letter.label),
                "url": f"{self.home}letter/?id={record.pk}",
                "method": "post",
                "hidden": [("letter", letter.value)],
            }
            for letter in wanted
        ]
        return [*actions, *letters]

    @expose("/letter/", methods=("POST",))
    def letter_view(self) -> str:
        """A letter to print. It names the person, so it is kept in the history that it was made."""
        asked = _request(self.wanted())
        text, language = request.form.get("letter", ""), request.form.get("language", "")
        if text not in {*Letter} or (text == Letter.ANSWER and not asked.closed_at):
            abort(404)
        writer.record_event(AuditAction.REVEAL, self.kind.collection_name(), asked.pk, Letter(text).label)
        language = language if language in set(Language) else self._language(asked)
        with in_language(language):
            return self._letter(asked, Letter(text), language)

    def _letter(self, asked: SubjectRequest, letter: Letter, language: str) -> str:
        user = User.objects(pk=asked.user).first() if asked.user else None
        return self.render_page(
            "letter",
            {
                "title": _(letter.label),
                "letter": letter.value,
                "language": language.replace("_", "-"),
                "name": asked.name or (user.name if user else None),
                "number": asked.number,
                "right": _(Right(asked.right).label),
                "received": asked.received_at,
                "due": asked.due_at,
                "extension": asked.extension_letter,
                "answer": asked.answer,
                "refused": asked.state == RequestState.REFUSED,
                "today": datetime.now(UTC),
                "languages": [{"code": each, "label": each.native_name} for each in Language],
                "url": f"{self.home}letter/?id={asked.pk}",
                "back_url": self.details_url(asked),
            },
        )

    def _language(self, asked: SubjectRequest) -> str:
        """Simplified Chinese for the mainland, traditional for Taiwan, else English."""
        user = User.objects(pk=asked.user).only("region").first() if asked.user else None
        return Language.of(user.region if user else None)


def _corrections(asked: SubjectRequest, display: Display) -> dict[str, Any]:
    """What has been changed in the person's record since they asked, by whom; never what it says."""
    entries = AuditEntry.objects(
        collection=User.collection_name(),
        record=asked.user,
        deed=AuditAction.CHANGE.value,
        at__gte=asked.received_at,
    ).order_by("-at")
    return {
        "label": _("Changes made since"),
        "template": "steward/entries.html",
        "entries": [
            {
                "title": ", ".join(label_of(User, change["field"]) for change in entry.changes),
                "url": record_url(User.collection_name(), asked.user),
                "body": entry.reason,
                "about": [entry.actor_name, display.moment(entry.at)],
            }
            for entry in entries.limit(MOST_CHANGES)
        ]
        or [{"body": _("Nothing yet."), "about": []}],
    }


def _request(record: Governed) -> SubjectRequest:
    assert isinstance(record, SubjectRequest)  # noqa: S101 — for the type checker
    return record

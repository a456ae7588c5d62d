"""What every page of a kind of record starts from: who may open it, what was asked, where others are."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from bson import ObjectId
from flask import abort, request
from flask_admin import BaseView
from werkzeug.exceptions import BadRequest

from admin.current_user import may, me
from admin.formatting import Display, title_of
from admin.i18n import gettext as _
from admin.locale import time_zone
from records.declaration.record import Governed
from records.declaration.registry import by_collection
from records.lists.filters import BadFilter, FilterParams, query
from records.lists.index_selection import merge_conditions
from security.actor import current_actor
from security.permissions import Action


class Page(BaseView):
    """One kind of record and its address; `OPENS` says which action opens which page."""

    OPENS: ClassVar[dict[str, Action]] = {}

    def __init__(self, kind: type[Governed]) -> None:
        self.kind = kind
        collection = kind.collection_name()
        super().__init__(name=kind.policy.title, endpoint=collection, url=f"/admin/{collection}")

    def may(self, action: Action) -> bool:
        return may(action, self.kind.policy.access)

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

    @property
    def home(self) -> str:
        return f"{self.url}/"

    def display(self, *, whole: bool = False, revealed: frozenset[str] = frozenset()) -> Display:
        return Display(self.kind, ZoneInfo(time_zone()), datetime.now(UTC), record_url, whole, revealed)

    def render_page(self, template: str, page: dict[str, Any], **context: Any) -> str:
        return self.render(f"steward/{template}.html", page=SimpleNamespace(**(PAGE | page)), **context)

    def asked(self) -> FilterParams:
        return {name: values[:50] for name, values in request.args.lists()}

    def query(self, asked: FilterParams) -> dict[str, Any]:
        """What is asked of the list, within what the reader may see."""
        try:
            found = query(self.kind, asked, datetime.now(UTC), ZoneInfo(time_zone()))
        except BadFilter as error:
            raise BadRequest(_(error.message, name=_(error.name), value=error.value)) from error
        scope = self.kind.scope(current_actor())
        return merge_conditions(scope, found)

    def wanted(self, pk: str | None = None) -> Governed:
        """The record the address names; 404 where there is none."""
        record = self.found(pk)
        if record is None:
            abort(404)
        return record

    def found(self, pk: str | None = None) -> Governed | None:
        text = pk if pk is not None else request.values.get("id", "")
        if not ObjectId.is_valid(text):
            return None
        return self.kind.one(merge_conditions({"_id": ObjectId(text)}, self.kind.scope(current_actor())))

    def details_url(self, record: Governed) -> str:
        return f"{self.home}details/?id={record.pk}"

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        """What the reader may do with a record: each of the pages adds what it offers."""
        return []

    def list_actions(self) -> list[dict[str, Any]]:
        """What the reader may do beside the list: each of the pages adds what it offers."""
        return []

    def bulk_actions(self) -> list[dict[str, Any]]:
        """What the reader may do with many records: the pages that deal with them say what."""
        return []

    def _confirm(
        self,
        question: str,
        records: list[Governed],
        url: str,
        *,
        needs_reason: bool = False,
        hidden: list[tuple[str, str]] | None = None,
        reason_label: str | None = None,
        danger: bool = True,
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
                "reason_label": reason_label,
                "action_url": url,
                "hidden": hidden or [],
                "danger": danger,
                "cancel_url": self.home,
                "reason_error": _("Please say why.") if request.form.get("confirmed") else None,
            },
        )


PAGE: dict[str, Any] = {
    "lead": None,
    "actions": (),
    "offers": None,
    "badges": (),
    "banners": (),
    "related": (),
    "reveal": None,
    "history_more_url": None,
}
"""What a page may leave unsaid."""


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


def pick_url(collection: str) -> str | None:
    """Where a reader may look up a record to refer to; None where their role may not."""
    kind = by_collection(collection)
    return lookup_url(collection) if kind and may(Action.PICK, kind.policy.access) else None

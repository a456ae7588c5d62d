"""Deadline rules and days ruled by hand: who changes one is asked about the tickets that are open."""

from typing import Any, ClassVar

from flask import flash
from flask_admin import expose
from flask_babel import gettext as _

from admin import forms
from admin.formatting import choice_words
from admin.governed import GovernedView
from admin.pages.deadline_explanation import duration
from documents.deadlines.deadline_rule import RuleBook
from documents.deadlines.sla_clocks import Clock
from records.declaration.record import Governed
from records.declaration.registry import registered
from security.permissions import Action


class RulesView(GovernedView):
    """What is ruled holds for new tickets; the open ones follow where somebody asks for that."""

    def _stored(self, record: Governed, form: forms.RecordForm) -> bool:
        before = record.version
        stored = super()._stored(record, form)
        if stored and record.version != before:
            flash(
                _(
                    "This holds for new tickets. Open tickets keep their deadlines, "
                    "unless you choose “Recompute open tickets” here."
                ),
                "info",
            )
        return stored


class DeadlineRulesView(RulesView):
    """The rules, and beside their list what holds now for every kind and priority."""

    OPENS: ClassVar[dict[str, Action]] = {**RulesView.OPENS, "in_force_view": Action.VIEW}

    def list_actions(self) -> list[dict[str, Any]]:
        return [{"label": _("What holds now"), "url": f"{self.home}in-force/"}, *super().list_actions()]

    @expose("/in-force/")
    def in_force_view(self) -> str:
        """What is promised for each kind and priority, and by which rule (R34, R60)."""
        return self.render_page(
            "in_force",
            {
                "title": _("Deadlines that hold now"),
                "lead": _("Working time from the moment a ticket comes in, for new tickets."),
                "actions": [{"label": _("Back to the list"), "url": self.home}],
                "clocks": [_(clock.label) for clock in Clock],
                "registers": [self._register(kind) for kind in registered() if kind.policy.deadlines],
            },
        )

    def _register(self, register: type[Governed]) -> dict[str, Any]:
        book = RuleBook.read(register)
        kinds, priorities = (_values(register, name) for name in ("kind", "priority"))
        return {
            "label": _(register.policy.title),
            "kinds": [
                {
                    "label": said,
                    "rows": [self._row(book, kind, *priority) for priority in priorities.items()],
                }
                for kind, said in kinds.items()
            ],
        }

    def _row(self, book: RuleBook, kind: str, priority: str, said: str) -> dict[str, Any]:
        rule = book.rule(kind, priority)
        promise = rule.promise() if rule else book.declared(kind, priority)
        lengths = [getattr(promise, clock.value) for clock in Clock]
        return {
            "label": said,
            "lengths": ["—" if length is None else duration(length) for length in lengths],
            "rule": str(rule) if rule else _("Declared in the product"),
            "url": self.details_url(rule) if rule else None,
        }


def _values(register: type[Governed], name: str) -> dict[str, str]:
    """The values a field may have, in words; where there is no such field, one that says nothing."""
    field = register._fields.get(name)
    return choice_words(field) if field is not None and field.choices else {"": "—"}

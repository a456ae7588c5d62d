"""A verb's questions, filled in before somebody looks them over: a reply from a ready-made text, for one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from flask import request
from flask_babel import gettext as _

from admin.forms.nested import digest
from admin.pages.action_form import VerbForm, answers
from admin.pages.messages import refusal
from language.words import N_
from records.declaration.actions import ActionRefused, Draft, RecordAction
from records.declaration.record import Governed

OPEN = N_("Still to be written by hand: %(blanks)s. Nothing is sent before.")


@dataclass(frozen=True)
class Filled:
    """What the questions are filled in with, what is to be said of it, and what tells later which texts
    nobody has touched since."""

    answers: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    marks: str = ""

    def put_into(self, form: VerbForm) -> None:
        for name, value in self.answers.items():
            form[name].data, form[name].raw_data = value, None

    def as_json(self) -> dict[str, Any]:
        said = {name: str(value) for name, value in self.answers.items()}
        return {"answers": said, "note": self.note, "drafted": self.marks}


def fill_in(record: Governed, one: RecordAction, form: VerbForm) -> Filled:
    """Fill a verb's questions in from what was answered so far. A text that is still as it was filled in
    is made anew; what somebody wrote stays."""
    texts = [ask.name for ask in one.inputs if ask.kind == "long-text"]
    marks = request.form.get("drafted", "")
    try:
        given = _given(form, one) if form.is_submitted() else {}
        said = {name: value for name, value in given.items() if _mark(name, value) not in marks.split()}
        draft: Draft = getattr(record, str(one.draft_method))(**said)
    except ActionRefused as error:
        return Filled(note=refusal(error), marks=marks)
    note = _(OPEN, blanks=", ".join(draft.blanks)) if draft.blanks else ""
    marks = " ".join(_mark(name, draft.answers[name]) for name in texts if name in draft.answers)
    return Filled(draft.answers, note, marks)


def _given(form: VerbForm, one: RecordAction) -> dict[str, Any]:
    """What was answered so far; questions may still be open. Raises `ActionRefused` for what is no answer."""
    asked = [ask for ask in one.inputs if form[ask.name].sent()]
    for ask in asked:
        if not form[ask.name].validate(form):
            raise ActionRefused(
                N_("%(question)s: %(why)s"), question=_(ask.label), why=" ".join(form[ask.name].errors)
            )
    return answers(form, replace(one, inputs=tuple(asked)))


def _mark(name: str, value: Any) -> str:
    return f"{name}:{digest(str(value).strip())}"

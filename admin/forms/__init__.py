"""Forms read off the declaration, and what they do to a record: an untouched field stays as it is,
byte for byte; what a form does not offer cannot be changed through it."""

from admin.forms.record import (
    RecordForm,
    apply,
    changed_by_sender,
    differing,
    fieldsets,
    form_for,
    offered,
)
from admin.forms.references import name_references

__all__ = [
    "RecordForm",
    "apply",
    "changed_by_sender",
    "differing",
    "fieldsets",
    "form_for",
    "name_references",
    "offered",
]

"""What all forms of the panel have in common."""

from typing import Any

from babel.support import NullTranslations
from flask import current_app
from flask_wtf import FlaskForm


class PanelForm(FlaskForm):
    """A form whose faults are told in the reader's own Chinese."""

    class Meta(FlaskForm.Meta):
        csrf = False  # the whole application is protected at once

        def get_translations(self, form: Any) -> NullTranslations:
            return current_app.extensions["form_words"].get_translations()

"""Evidence: handed out to those who may see it, as a file to keep and never as a page."""

from typing import Any, ClassVar

from flask import Response, abort
from flask_admin import expose
from flask_babel import gettext as _

from admin.governed import GovernedView
from admin.views.tasks import attachment
from records.storage import writer
from records.storage.audit import AuditAction
from records.storage.encrypted_file import FileGone
from security.permissions import Action


class AttachmentsView(GovernedView):
    """The files on tickets."""

    OPENS: ClassVar[dict[str, Action]] = {**GovernedView.OPENS, "file_view": Action.VIEW}

    def record_actions(self, record: Any) -> list[dict[str, Any]]:
        fetch = {"label": _("Download"), "url": f"{self.home}file/?id={record.pk}", "primary": True}
        return [fetch, *super().record_actions(record)]

    @expose("/file/")
    def file_view(self) -> Response:
        """The file itself; who took it stands in its history."""
        file: Any = self.wanted()
        try:
            content = b"".join(file.pieces())
        except FileGone:
            abort(404)
        writer.record_event(AuditAction.EXPORT, self.kind.collection_name(), file.pk)
        response = Response(content, mimetype=file.type)
        response.headers["Content-Disposition"] = attachment(file.name or "file")
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Cache-Control"] = "private, no-store"
        return response

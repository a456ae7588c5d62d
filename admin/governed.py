"""The pages each governed document gets, read off its own declaration.

Every page says in `OPENS` which action of the permission table opens it; one that does not is
closed to everyone.
"""

from typing import ClassVar

from admin.pages.deadline_explanation import ExplainPages
from admin.pages.delete import DeedPages
from admin.pages.edit import EditPages
from admin.pages.exports import ExportPages
from admin.pages.imports import ImportPages
from admin.pages.lists import ListPages
from admin.pages.record import RecordPages
from security.permissions import Action


class GovernedView(ListPages, ExportPages, ImportPages, RecordPages, EditPages, DeedPages, ExplainPages):
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
        "explain_view": Action.VIEW,
        "export_view": Action.EXPORT,
        "export_at_once_view": Action.EXPORT,
        "import_view": Action.IMPORT,
        "import_columns_view": Action.IMPORT,
        "import_preview_view": Action.IMPORT,
        "verb_view": Action.VIEW,  # each verb names its own action, asked for there
        "action_view": Action.VIEW,
    }

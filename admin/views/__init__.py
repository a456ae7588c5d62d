"""The few documents whose pages differ from the generated ones, by collection."""

from admin.governed import GovernedView
from admin.views.attachments import AttachmentsView
from admin.views.canned_replies import CannedRepliesView
from admin.views.consents import ConsentsView
from admin.views.erasure import CertificatesView, DeletionRequestsView, ErasurePlansView
from admin.views.notices import NoticesView
from admin.views.requests import SubjectRequestsView
from admin.views.reveals import RevealsView
from admin.views.rules import DeadlineRulesView, RulesView
from admin.views.tasks import TasksView
from admin.views.tickets import TicketsView
from admin.views.users import UsersView

VIEWS: dict[str, type[GovernedView]] = {
    "attachments": AttachmentsView,
    "canned_replies": CannedRepliesView,
    "complaints": TicketsView,
    "feedback": TicketsView,
    "certificates": CertificatesView,
    "consents": ConsentsView,
    "deletion_requests": DeletionRequestsView,
    "erasure_plans": ErasurePlansView,
    "reveals": RevealsView,
    "subject_requests": SubjectRequestsView,
    "privacy_notices": NoticesView,
    "users": UsersView,
    "calendar_days": RulesView,
    "deadline_rules": DeadlineRulesView,
    "tasks": TasksView,
}

"""The few documents whose pages differ from the generated ones, by collection."""

from admin.governed import GovernedView
from admin.views.attachments import AttachmentsView
from admin.views.canned_replies import CannedRepliesView
from admin.views.complaints import ComplaintsView
from admin.views.consents import ConsentsView
from admin.views.deadline_rules import DeadlineRulesView, RulesView
from admin.views.erasure import CertificatesView, DeletionRequestsView, ErasurePlansView
from admin.views.follow_ups import FollowUpsView
from admin.views.pii_access import RevealsView
from admin.views.retention_rules import RetentionRulesView
from admin.views.reviews import ReviewsView
from admin.views.subject_requests import SubjectRequestsView
from admin.views.tasks import TasksView
from admin.views.tickets import TicketsView
from admin.views.users import UsersView

VIEWS: dict[str, type[GovernedView]] = {
    "attachments": AttachmentsView,
    "canned_replies": CannedRepliesView,
    "complaints": ComplaintsView,
    "feedback": TicketsView,
    "follow_ups": FollowUpsView,
    "reviews": ReviewsView,
    "certificates": CertificatesView,
    "consents": ConsentsView,
    "deletion_requests": DeletionRequestsView,
    "erasure_plans": ErasurePlansView,
    "retention_rules": RetentionRulesView,
    "reveals": RevealsView,
    "subject_requests": SubjectRequestsView,
    "users": UsersView,
    "calendar_days": RulesView,
    "deadline_rules": DeadlineRulesView,
    "tasks": TasksView,
}

"""The few documents whose pages differ from the generated ones, by collection."""

from admin.governed import GovernedView
from admin.views.rules import DeadlineRulesView, RulesView
from admin.views.tasks import TasksView

VIEWS: dict[str, type[GovernedView]] = {
    "calendar_days": RulesView,
    "deadline_rules": DeadlineRulesView,
    "tasks": TasksView,
}

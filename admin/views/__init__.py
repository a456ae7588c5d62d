"""The few documents whose pages differ from the generated ones, by collection."""

from admin.governed import GovernedView

VIEWS: dict[str, type[GovernedView]] = {}

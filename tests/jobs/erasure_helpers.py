"""What tests of planned erasures share: a second officer, and what she and the jobs do."""

from documents.erasure.deletion_request import DeletionRequest
from documents.erasure.erasure_plan import ErasurePlan
from documents.erasure.erasure_plan_item import items
from security.actor import Actor, act_as
from security.permissions import Role

ERASE, PLAN = "carry-out-erasures", "carry-out-tasks"
HAN = Actor("staff:han", "Han Bing", frozenset({Role.COMPLIANCE}), origin="127.0.0.1")
"""The second officer; the first is `first_officer`."""


def approve(plan: ErasurePlan, now, by: Actor = HAN) -> None:
    with act_as(by):
        again(plan).approve(now, seen=again(plan).fingerprint[:8])


def request_of(plan: ErasurePlan) -> DeletionRequest:
    return DeletionRequest.objects(pk=plan.request).first()


def again(record):
    return type(record).objects(pk=record.pk).first()


def lines(plan: ErasurePlan) -> set[tuple[str, str | None, str]]:
    return {(line.collection, line.fate and str(line.fate), str(line.found)) for line in items(plan.pk)}

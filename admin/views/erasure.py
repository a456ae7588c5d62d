"""Erasure plans and certificates: what is to go, who decides, and how it is proved later."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from bson import ObjectId
from flask import flash, redirect, request
from flask_admin import expose
from werkzeug.wrappers import Response

from admin.formatting import collection_title
from admin.governed import GovernedView
from admin.i18n import gettext as _
from admin.pages.actions import refusal
from admin.pages.page import record_url
from admin.views.erasure_plan_rows import REDACT, lines, register
from documents.erasure.certificate import Certificate
from documents.erasure.erasure_plan import ErasurePlan, PlanState
from documents.erasure.erasure_plan_item import Decision, ErasurePlanItem
from records.declaration.actions import ActionRefused
from records.declaration.policy import Fate
from records.declaration.record import Governed
from records.declaration.registry import by_collection
from records.storage.database import in_transaction
from records.storage.writer import ConcurrentModification
from security.permissions import Action

SAMPLE, TO_DECIDE = 10, 50


class ErasurePlansView(GovernedView):
    """A plan's page shows counts, a sample, and what a person has to decide."""

    OPENS: ClassVar[dict[str, Action]] = {**GovernedView.OPENS, "decide_view": Action.REQUEST_DELETION}

    def extra_panels(self, record: Governed) -> list[dict[str, Any]]:
        plan = record
        assert isinstance(plan, ErasurePlan)  # noqa: S101 — for the type checker
        return [
            {
                "label": _("What becomes of the records"),
                "template": "steward/erasure_counts.html",
                "rows": _counts(plan),
            },
            {
                "label": _("To be decided"),
                "template": "steward/erasure_decisions.html",
                "lines": lines(plan, self._asking(plan)),
                "may_decide": plan.state == PlanState.READY and self.may(Action.REQUEST_DELETION),
                "url": f"{self.home}decide/?id={plan.pk}",
                "undecided": plan.undecided,
                "act": Decision.ACT.value,
                "leave": Decision.LEAVE.value,
            },
            {
                "label": _("A sample"),
                "template": "steward/erasure_sample.html",
                "lines": lines(plan, self._sample(plan)),
            },
        ]

    def _asking(self, plan: ErasurePlan) -> list[ErasurePlanItem]:
        found = ErasurePlanItem.objects(plan=plan.pk, asks__ne=None).order_by("decision", "id")
        return list(found.limit(TO_DECIDE))

    def _sample(self, plan: ErasurePlan) -> list[ErasurePlanItem]:
        """A few of each collection, so that a rare kind is seen among many of another."""
        return [
            item
            for collection in plan.counts
            for item in ErasurePlanItem.objects(plan=plan.pk, collection=collection).limit(SAMPLE // 2)
        ][: SAMPLE * 2]

    @expose("/decide/", methods=("POST",))
    def decide_view(self) -> Response:
        """Settle whether the same address means the same person, and whether a text may stay."""
        plan = self.wanted()
        chosen = [ObjectId(pk) for pk in request.form.getlist("line") if ObjectId.is_valid(pk)]
        everything, answer = bool(request.form.get("all")), request.form.get("decision", "")
        if answer not in {*Decision} or not (chosen or everything):
            flash(_("Please choose what to decide on."), "error")
            return redirect(self.details_url(plan))

        def decide() -> int:
            fresh = self.wanted(str(plan.pk))
            assert isinstance(fresh, ErasurePlan)  # noqa: S101
            return fresh.decide(None if everything else chosen, Decision(answer), datetime.now(UTC))

        try:
            count = in_transaction(decide)
        except ActionRefused as error:
            flash(refusal(error), "error")
        except ConcurrentModification:
            flash(_("Somebody has just changed this record. Please look at it again."), "error")
        else:
            flash(_("Decided: %(count)s. The fingerprint has changed with it.", count=count), "success")
        return redirect(self._latest_url(plan))

    def _latest_url(self, plan: Governed) -> str:
        """Where to go on: with the plan that was made anew because of the decision, or with this one."""
        latest = ErasurePlan.objects(request=plan.request).order_by("-created_at").first()
        if latest.pk != plan.pk:
            flash(_("Both users count as one person now, and the plan is being made anew."), "info")
        return self.details_url(latest)


def _counts(plan: ErasurePlan) -> list[dict[str, Any]]:
    """One row for each collection and fate, with the reason where something is kept."""
    rows = []
    for collection, fates in sorted(plan.counts.items()):
        kind = by_collection(collection)
        for fate, count in sorted(fates.items()):
            kept = kind is not None and fate == Fate.RETAIN
            rows.append(
                {
                    "collection": register(collection),
                    "fate": _(Fate(fate).label) if fate in {*Fate} else _(REDACT),
                    "count": count,
                    "reason": _(kind.policy.basis) if kept and kind else _kept_fields(kind, fate),
                }
            )
    return rows


def _kept_fields(kind: type[Governed] | None, fate: str) -> str:
    """Which personal fields of an anonymised record stay, and by which law."""
    if kind is None or fate != Fate.ANONYMISE:
        return ""
    kept = [field for field in kind.personal().values() if field.personal.on_erasure is Fate.RETAIN]
    return "; ".join(f"{_(field.verbose_name or field.name)}: {_(field.personal.basis)}" for field in kept)


class CertificatesView(GovernedView):
    """Certificates, to be printed, and a page that verifies one by its number and seal."""

    OPENS: ClassVar[dict[str, Action]] = {
        **GovernedView.OPENS,
        "verify_view": Action.VIEW,
        "print_view": Action.VIEW,
    }

    def list_actions(self) -> list[dict[str, Any]]:
        return [{"label": _("Verify a certificate"), "url": f"{self.home}verify/"}, *super().list_actions()]

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        printing = {"label": _("To print"), "url": f"{self.home}print/?id={record.pk}"}
        return [printing, *super().record_actions(record)]

    @expose("/verify/")
    def verify_view(self) -> str:
        """Say whether a certificate is ours and unaltered."""
        number, seal = (request.args.get(name, "").strip()[:200] for name in ("number", "seal"))
        found = Certificate.verified(number, seal) if number and seal else None
        return self.render_page(
            "verify",
            {
                "title": _("Verify a certificate"),
                "lead": _("A certificate is genuine if its number and its seal belong together."),
                "number": number,
                "seal": seal,
                "asked": bool(number or seal),
                "found": _certified(found) if found else None,
                "url": f"{self.home}verify/",
            },
        )

    @expose("/print/")
    def print_view(self) -> str:
        certificate = self.wanted()
        assert isinstance(certificate, Certificate)  # noqa: S101
        return self.render_page(
            "certificate",
            {
                "title": _("Certificate of erasure"),
                "certificate": _certified(certificate),
                "verify_url": f"{self.home}verify/",
            },
        )


def _certified(certificate: Certificate) -> dict[str, Any]:
    return {
        "number": certificate.number,
        "seal": certificate.seal,
        "fingerprint": certificate.fingerprint,
        "issued": certificate.created_at,
        "two_officers": certificate.two_officers,
        "rows": [
            {
                "collection": collection_title(collection),
                "fate": _(Fate(fate).label) if fate in {*Fate} else fate,
                "count": count,
            }
            for collection, fates in sorted(certificate.outcome.items())
            if collection != "arrived"
            for fate, count in sorted(fates.items())
        ],
    }


class DeletionRequestsView(GovernedView):
    """Deletion requests; a plan is one click away."""

    def record_actions(self, record: Governed) -> list[dict[str, Any]]:
        actions = super().record_actions(record)
        url = record_url(ErasurePlan.collection_name(), record.plan) if record.plan else None
        return [{"label": _("Open the plan"), "url": url}, *actions] if url else actions

"""Codes and mails as administrators see them: nothing secret, nothing to change."""

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.search import starts_with
from linking.admin.common import ReadOnlyAdmin, about_people, link_to
from linking.models import OutgoingMail, PendingCode


@admin.register(PendingCode)
class PendingCodeAdmin(ReadOnlyAdmin[PendingCode]):
    about_people = True
    list_display = (
        "reference",
        "requested_at",
        "organisation",
        "email",
        "employee",
        "state",
        "refusal",
        "tries",
        "mail_state",
    )
    list_filter = ("state", "refusal", "organisation", "requested_at")
    list_select_related = ("organisation", "employee", "mail")
    search_fields = ("reference",)
    quick_sorts = ("requested_at",)
    search_help_text = _("Reference, e-mail or name")
    fields = (
        "reference",
        "organisation",
        "email",
        "employee_link",
        "invitation",
        "shown_eid",
        "state",
        "refusal",
        "tries",
        ("requested_at", "expires_at", "ended_at"),
        "mail_state",
        "mail_answer",
    )
    readonly_fields = ("employee_link", "shown_eid", "mail_state", "mail_answer")

    def searched(self, typed: str) -> list[Q]:
        reference = Q(reference=typed.upper())
        return [reference, starts_with("email", typed), about_people(typed)]

    @admin.display(description=_("eID"))
    def shown_eid(self, request: PendingCode) -> str:
        return request.eid

    @admin.display(description=_("employee"))
    def employee_link(self, request: PendingCode) -> str:
        return link_to(request.employee)

    @admin.display(description=_("mail"))
    def mail_state(self, request: PendingCode) -> str:
        mail = getattr(request, "mail", None)
        return mail.get_state_display() if mail else "–"

    @admin.display(description=_("what the mail server answered"))
    def mail_answer(self, request: PendingCode) -> str:
        mail = getattr(request, "mail", None)
        return mail.answer if mail else "–"


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnlyAdmin[OutgoingMail]):
    about_people = True
    list_display = (
        "kind",
        "recipient",
        "employee",
        "organisation",
        "state",
        "attempts",
        "answer",
        "created_at",
    )
    list_filter = ("state", "kind", "organisation", "created_at")
    list_select_related = ("employee", "organisation")
    search_fields = ("recipient",)
    quick_sorts = ("created_at",)
    search_help_text = _("E-mail or name")
    fields = (
        "kind",
        "organisation",
        "employee_link",
        "recipient",
        "state",
        "attempts",
        "answer",
        ("created_at", "next_attempt_at", "sent_at", "give_up_at"),
    )
    readonly_fields = ("employee_link",)

    def searched(self, typed: str) -> list[Q]:
        return [starts_with("recipient", typed), about_people(typed)]

    @admin.display(description=_("employee"))
    def employee_link(self, mail: OutgoingMail) -> str:
        return link_to(mail.employee)

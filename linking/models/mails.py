from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.models import Employee, Organisation
from accounts.search import folded
from linking.models.cases import Case
from linking.models.invitations import Invitation
from linking.models.journey import PendingCode
from linking.models.links import LinkedIdentity
from linking.models.looks import LookDigest


class OutgoingMail(models.Model):
    """One mail: the truth of what was to be sent, and what became of it (outbox).

    To an employee, or to the organisation's support or a reader of the log where there is none. The
    text is made when it is sent; a code is nowhere in the row.
    """

    class Kind(models.TextChoices):
        CODE = "code", _("Security code")
        LINKED = "linked", _("Notice of a new link")
        WAITING = "waiting", _("The link waits for approval")
        APPROVED = "approved", _("The link was approved")
        DECLINED = "declined", _("The link was declined")
        CONFLICT = "conflict", _("Somebody else wanted to link")
        DECIDED = "decided", _("The conflict was decided")
        STALE = "stale", _("The link expires soon")
        INVITATION = "invitation", _("Invitation")
        REMINDER = "reminder", _("Reminder of an invitation")
        ADDRESS = "address", _("To the old address: it was changed")
        NOT_ME = "not-me", _("To support: “It was not me”")
        ALARM = "alarm", _("To support: many wrong codes")
        LOOKS = "looks", _("To auditors: how many were looked up, and by whom")

    ABOUT_A_LINK = (Kind.LINKED, Kind.WAITING, Kind.APPROVED, Kind.DECLINED, Kind.STALE)
    ABOUT_A_CASE = (Kind.CONFLICT, Kind.DECIDED, Kind.NOT_ME, Kind.ALARM)
    ABOUT_AN_INVITATION = (Kind.INVITATION, Kind.REMINDER)

    # Those that go to thousands at once, and for which nobody sits and waits.
    BULK = (Kind.STALE, *ABOUT_AN_INVITATION)

    # Those whose readers may say «It wasn't me».
    DISOWNABLE = (Kind.CODE, Kind.LINKED, Kind.WAITING, Kind.CONFLICT)

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="+", verbose_name=_("organisation")
    )
    employee = models.ForeignKey(
        Employee,
        on_delete=models.CASCADE,
        null=True,
        related_name="mails",
        verbose_name=_("employee"),
    )
    recipient = models.EmailField(_("to"))
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    pending_code = models.OneToOneField(
        PendingCode, on_delete=models.CASCADE, null=True, related_name="mail"
    )
    link = models.ForeignKey(
        LinkedIdentity, on_delete=models.CASCADE, null=True, related_name="mails"
    )
    case = models.ForeignKey(Case, on_delete=models.CASCADE, null=True, related_name="mails")
    invitation = models.ForeignKey(
        Invitation, on_delete=models.CASCADE, null=True, related_name="mails"
    )
    look_digest = models.ForeignKey(
        LookDigest, on_delete=models.CASCADE, null=True, related_name="mails"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    answer = models.CharField(_("what the mail server answered"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("made"))
    next_attempt_at = models.DateTimeField(_("next attempt"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    give_up_at = models.DateTimeField(_("of no use after"))

    class Meta:
        verbose_name = _("outgoing mail")
        verbose_name_plural = _("outgoing mails")
        ordering = ("-created_at",)
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="code", pending_code__isnull=False)
                | Q(
                    kind__in=("linked", "waiting", "approved", "declined", "stale"),
                    link__isnull=False,
                )
                | Q(kind__in=("conflict", "decided", "not-me", "alarm"), case__isnull=False)
                | Q(kind__in=("invitation", "reminder"), invitation__isnull=False)
                | Q(kind="address", employee__isnull=False)
                | Q(kind="looks", look_digest__isnull=False),
                name="mail_is_about_something",
            ),
        )
        indexes = (
            models.Index(
                fields=["next_attempt_at"], condition=Q(state="queued"), name="mail_due_first"
            ),
            # Those of a campaign have one time: the key is in the index to go on by.
            models.Index(fields=["-created_at", "-id"], name="mail_newest_first"),
            models.Index(
                fields=["organisation", "-created_at", "-id"], name="mail_newest_of_organisation"
            ),
            models.Index(fields=["state", "-created_at", "-id"], name="mail_by_state"),
            models.Index(fields=["kind", "-created_at", "-id"], name="mail_by_kind"),
            models.Index(folded("recipient"), name="mail_by_recipient"),
            models.Index(fields=["employee", "-created_at"], name="mail_by_employee"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.recipient}"

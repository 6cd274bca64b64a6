from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.models import Employee, Organisation, fold_email

VALID_DAYS = 14


class Campaign(models.Model):
    """One round of invitations: who began it, and what its mails say beside the usual."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="+", verbose_name=_("organisation")
    )
    note = models.CharField(
        _("message"),
        max_length=500,
        blank=True,
        help_text=_("Shown in the e-mail. Optional."),
    )
    deadline = models.DateField(
        _("deadline"),
        null=True,
        blank=True,
        help_text=_("“Do this before …” in the e-mail. Optional; the link lasts 14 days anyway."),
    )
    reminders = models.BooleanField(
        _("remind by itself"),
        default=True,
        help_text=_("After 7 days, and 2 days before the link ends: those who are not linked."),
    )
    invited = models.PositiveIntegerField(_("number of invited"))
    created_at = models.DateTimeField(_("begun"))
    created_by = models.CharField(_("begun by"), max_length=100)
    stopped_at = models.DateTimeField(_("stopped"), null=True)
    stopped_by = models.CharField(_("stopped by"), max_length=100, blank=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ("-created_at",)
        default_permissions = ("view", "add", "change")
        indexes = (
            models.Index(fields=["-created_at"], name="campaign_newest_first"),
            models.Index(fields=["organisation", "-created_at"], name="campaign_organisation"),
        )

    def __str__(self) -> str:
        begun = date_format(timezone.localtime(self.created_at), "SHORT_DATETIME_FORMAT")
        return f"{self.organisation} · {begun}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self, now: datetime) -> Self:
        """Those whose link may still be used, if it went to whom it is about."""
        return self.filter(ended_at__isnull=True, expires_at__gt=now)


class Invitation(models.Model):
    """A personal link, mailed to one employee, that stands for the address and the code.

    The link is nowhere in the row: only a hash of its token (`linking/invitations.py`). It is worth
    something only while the address it was mailed to is the registered one.
    """

    class End(models.TextChoices):
        USED = "used", _("Used: linked, or waiting for approval")
        LINKED = "linked", _("Linked in another way")
        REPLACED = "replaced", _("Replaced by a newer one")
        STOPPED = "stopped", _("The campaign was stopped")
        MERGED = "merged", _("The record was merged with another")
        EXPIRED = "expired", _("Not used within 14 days")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="invitations", verbose_name=_("campaign")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="+", verbose_name=_("organisation")
    )
    employee = models.ForeignKey(
        Employee,
        on_delete=models.CASCADE,
        related_name="invitations",
        verbose_name=_("employee"),
    )
    recipient = models.EmailField(_("to"), db_collation="C")
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    token_hash = models.BinaryField(max_length=32, unique=True)
    invited_at = models.DateTimeField(_("invited"))
    expires_at = models.DateTimeField(_("valid until"))
    sent_at = models.DateTimeField(_("sent"), null=True)
    failed_at = models.DateTimeField(_("could not be delivered"), null=True)
    opened_at = models.DateTimeField(_("link opened"), null=True)
    signed_in_at = models.DateTimeField(_("signed in"), null=True)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=0)
    reminded_at = models.DateTimeField(_("last reminded"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    end = models.CharField(_("why it ended"), max_length=10, choices=End, blank=True)

    objects: ClassVar[Any] = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ("-invited_at",)
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=["employee"],
                condition=Q(ended_at__isnull=True),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, end="")
                | (Q(ended_at__isnull=False) & ~Q(end="")),
                name="invitation_ended_has_a_reason",
            ),
        )
        indexes = (
            # All of a campaign have one time: the key is in the index to go on by.
            models.Index(fields=["-invited_at", "-id"], name="invitation_newest_first"),
            models.Index(
                fields=["organisation", "-invited_at", "-id"], name="invitation_of_organisation"
            ),
            models.Index(fields=["campaign", "-invited_at", "-id"], name="invitation_of_campaign"),
            models.Index(
                fields=["-invited_at", "-id"],
                condition=Q(ended_at__isnull=True),
                name="invitation_open_newest_first",
            ),
            models.Index(
                fields=["-invited_at", "-id"],
                condition=Q(failed_at__isnull=False),
                name="invitation_failed",
            ),
            models.Index(fields=["employee", "-invited_at"], name="invitation_by_employee"),
            models.Index(
                fields=["expires_at"], condition=Q(ended_at__isnull=True), name="invitation_open"
            ),
        )

    def __str__(self) -> str:
        return self.recipient

    def went_to(self, employee: Employee) -> bool:
        """Whether it went to what is registered for the employee now, and in that place (A-11)."""
        same_place = self.organisation_id == employee.organisation_id
        return same_place and fold_email(self.recipient) == fold_email(employee.email)

    def is_in_force(self, now: datetime) -> bool:
        """Whether its link is worth anything: open, and its reader works here at that address."""
        is_open = self.ended_at is None and self.expires_at > now
        employed = self.employee.is_employed(timezone.localdate(now))
        return is_open and employed and self.went_to(self.employee)


def ends_at(invited_at: datetime) -> datetime:
    """When an invitation made at `invited_at` ends unused."""
    return invited_at + timedelta(days=VALID_DAYS)

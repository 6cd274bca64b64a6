from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.models import Employee, Organisation
from accounts.search import folded
from linking.policy import Refusal


class PendingCode(models.Model):
    """One request to link, by somebody signed in with an eID who typed an e-mail address.

    Or who came by an invitation, which stands for both: then there is no code, and the row is
    decided and ended when it is made.

    The row is written before anything is looked up. What was refused and why is for administrators
    and support, never for the page. Name and birth date from the eID go when the request ends.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed: the mail could not be delivered")
        REFUSED = "refused", _("Refused")
        CONFIRMED = "confirmed", _("Confirmed")
        EXPIRED = "expired", _("Expired")
        REPLACED = "replaced", _("Replaced by a newer one")

    OPEN_STATES = (State.QUEUED, State.SENT, State.FAILED, State.REFUSED)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(_("reference"), max_length=7)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="+", verbose_name=_("organisation")
    )
    email = models.CharField(_("e-mail as typed"), max_length=254, db_collation="C")
    employee = models.ForeignKey(
        Employee,
        on_delete=models.CASCADE,
        null=True,
        related_name="pending_codes",
        verbose_name=_("employee"),
    )
    invitation = models.ForeignKey(
        "linking.Invitation",
        on_delete=models.SET_NULL,
        null=True,
        related_name="requests",
        verbose_name=_("invitation"),
    )
    fingerprint = models.BinaryField(max_length=32)
    fingerprint_key = models.CharField(max_length=50)
    number_fingerprints = models.JSONField(default=dict)
    eid = models.CharField(_("eID"), max_length=150, blank=True)
    eid_given_name = models.CharField(max_length=150, blank=True)
    eid_family_name = models.CharField(max_length=150, blank=True)
    eid_birth_date = models.DateField(null=True)
    session_binding = models.BinaryField(max_length=32)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    code_hash = models.BinaryField(max_length=32, null=True)
    tries = models.PositiveSmallIntegerField(_("wrong tries"), default=0)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    refusal = models.CharField(_("why refused"), max_length=40, choices=Refusal, blank=True)
    requested_at = models.DateTimeField(_("asked for"))
    expires_at = models.DateTimeField(_("valid until"))
    decided_at = models.DateTimeField(_("decided"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)

    class Meta:
        verbose_name = _("security code")
        verbose_name_plural = _("security codes")
        ordering = ("-requested_at",)
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=["-requested_at"], name="code_newest_first"),
            models.Index(fields=["fingerprint", "-requested_at"], name="code_by_person"),
            models.Index(fields=["employee", "-requested_at"], name="code_by_employee"),
            models.Index(fields=["reference"], name="code_by_reference"),
            models.Index(
                fields=["organisation", "-requested_at", "-id"], name="code_newest_of_organisation"
            ),
            models.Index(fields=["state", "-requested_at", "-id"], name="code_by_state"),
            models.Index(
                fields=["refusal", "-requested_at", "-id"],
                condition=~Q(refusal=""),
                name="code_by_refusal",
            ),
            models.Index(folded("email"), name="code_by_address"),
            models.Index(
                fields=["requested_at"], condition=Q(decided_at__isnull=True), name="code_undecided"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(ended_at__isnull=True), name="code_open"
            ),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def is_over(self) -> bool:
        """Whether no code is right any more: it was used, took too long, or was stopped."""
        return self.ended_at is not None or self.state == self.State.REFUSED

    @property
    def eid_name(self) -> str:
        """The name from the eID, while the request is open; MinID gives none."""
        return f"{self.eid_given_name} {self.eid_family_name}".strip()

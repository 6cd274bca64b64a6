from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.models import AssuranceLevel, Employee, Organisation
from accounts.national_id import Fingerprint
from linking.eids import eid_name
from linking.policy import Refusal


def matches(fingerprints: list[Fingerprint]) -> Q:
    """Give the rows of one person, whichever of the live keys they were written under."""
    condition = Q()
    for fingerprint in fingerprints:
        condition |= Q(fingerprint=fingerprint.digest, fingerprint_key=fingerprint.key_id)
    return condition


class LinkedIdentityQuerySet(models.QuerySet["LinkedIdentity"]):
    def active(self) -> Self:
        return self.filter(state=LinkedIdentity.State.ACTIVE)

    def in_force(self, now: datetime) -> Self:
        """Those that let their employee in now: active, and used recently enough."""
        return self.active().filter(expires_at__gt=now)


class LinkedIdentity(models.Model):
    """That one national identity and one employee are the same person.

    The number is not here: only its keyed fingerprint, and the id of the key.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Revoked")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="links", verbose_name=_("employee")
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="+", verbose_name=_("organisation")
    )
    fingerprint = models.BinaryField(max_length=32)
    fingerprint_key = models.CharField(max_length=50)
    level = models.CharField(_("assurance level"), max_length=20, choices=AssuranceLevel)
    eid = models.CharField(_("eID"), max_length=150, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    linked_at = models.DateTimeField(_("linked"))
    last_used_at = models.DateTimeField(_("last used"))
    expires_at = models.DateTimeField(_("expires unless used"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=100, blank=True)
    end_reason = models.CharField(_("why it ended"), max_length=500, blank=True)

    objects: ClassVar[Any] = LinkedIdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("linked identity")
        verbose_name_plural = _("linked identities")
        ordering = ("-linked_at",)
        constraints = (
            models.UniqueConstraint(
                fields=["employee"], condition=Q(state="active"), name="link_one_per_employee"
            ),
            models.UniqueConstraint(
                fields=["organisation", "fingerprint"],
                condition=Q(state="active"),
                name="link_one_per_person_and_organisation",
            ),
            models.CheckConstraint(
                condition=Q(state="active", ended_at__isnull=True)
                | (~Q(state="active") & Q(ended_at__isnull=False)),
                name="link_ended_has_a_time",
            ),
        )
        indexes = (
            models.Index(
                fields=["expires_at"], condition=Q(state="active"), name="link_stale_first"
            ),
        )

    def __str__(self) -> str:
        return f"{self.employee} · {self.eid_name}" if self.eid else str(self.employee)

    @property
    def eid_name(self) -> str:
        return eid_name(self.eid)


class PendingCode(models.Model):
    """One request to link, by somebody signed in with an eID who typed an e-mail address.

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
    fingerprint = models.BinaryField(max_length=32)
    fingerprint_key = models.CharField(max_length=50)
    number_fingerprints = models.JSONField(default=dict)
    eid = models.CharField(_("eID"), max_length=150, blank=True)
    eid_name = models.CharField(_("name from the eID"), max_length=301, blank=True)
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
                fields=["requested_at"], condition=Q(decided_at__isnull=True), name="code_undecided"
            ),
            models.Index(
                fields=["expires_at"], condition=Q(ended_at__isnull=True), name="code_open"
            ),
        )

    def __str__(self) -> str:
        return self.reference


class OutgoingMail(models.Model):
    """One mail to one employee: the truth of what was to be sent, and what became of it (outbox).

    The text is made when it is sent; a code is nowhere in the row.
    """

    class Kind(models.TextChoices):
        CODE = "code", _("Security code")
        LINKED = "linked", _("Notice of a new link")

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="mails", verbose_name=_("employee")
    )
    recipient = models.EmailField(_("to"))
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    pending_code = models.OneToOneField(
        PendingCode, on_delete=models.CASCADE, null=True, related_name="mail"
    )
    link = models.ForeignKey(
        LinkedIdentity, on_delete=models.CASCADE, null=True, related_name="mails"
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
                | Q(kind="linked", link__isnull=False),
                name="mail_is_about_something",
            ),
        )
        indexes = (
            models.Index(
                fields=["next_attempt_at"], condition=Q(state="queued"), name="mail_due_first"
            ),
            models.Index(fields=["-created_at"], name="mail_newest_first"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.recipient}"


def stale_at(organisation: Organisation, used_at: datetime) -> datetime:
    """When a link last used at `used_at` expires by the organisation's rule."""
    return used_at + timedelta(days=organisation.unused_days)

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.models import AssuranceLevel, Employee, Organisation
from accounts.national_id import Fingerprint
from linking.eids import eid_name


def matches(fingerprints: list[Fingerprint]) -> Q:
    """Give the rows of one person, whichever of the live keys they were written under."""
    condition = Q(pk__in=())  # nobody's fingerprints are nobody's rows
    for fingerprint in fingerprints:
        condition |= Q(fingerprint=fingerprint.digest, fingerprint_key=fingerprint.key_id)
    return condition


class LinkedIdentityQuerySet(models.QuerySet["LinkedIdentity"]):
    def active(self) -> Self:
        return self.filter(state=LinkedIdentity.State.ACTIVE)

    def standing(self) -> Self:
        """Those that hold the employee's and the eID's one place: active, or to be approved."""
        return self.filter(state__in=LinkedIdentity.STANDING_STATES)

    def in_force(self, now: datetime) -> Self:
        """Those that let their employee in now: active, and used recently enough."""
        return self.active().filter(expires_at__gt=now)


class LinkedIdentity(models.Model):
    """That one national identity and one employee are the same person.

    The number is not here: only its keyed fingerprint, and the id of the key.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for approval")
        ACTIVE = "active", _("Active")
        EXPIRED = "expired", _("Expired")
        REVOKED = "revoked", _("Revoked")

    # Kept as the reason where the employee did it on their own page; shown in the reader's words.
    REMOVED = "removed by the employee"

    # Those that hold the employee's and the eID's one place.
    STANDING_STATES = (State.PENDING, State.ACTIVE)

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
    request = models.OneToOneField(
        "linking.PendingCode", on_delete=models.SET_NULL, null=True, related_name="link"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    linked_at = models.DateTimeField(_("linked"))
    last_used_at = models.DateTimeField(_("last used"))
    expires_at = models.DateTimeField(_("expires unless used"))
    warned_at = models.DateTimeField(_("warned that it expires"), null=True, blank=True)
    approved_by = models.CharField(_("approved by"), max_length=100, blank=True)
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
                fields=["employee"],
                condition=Q(state__in=("pending", "active")),
                name="link_one_per_employee",
            ),
            models.UniqueConstraint(
                fields=["organisation", "fingerprint"],
                condition=Q(state__in=("pending", "active")),
                name="link_one_per_person_and_organisation",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("pending", "active"), ended_at__isnull=True)
                | (~Q(state__in=("pending", "active")) & Q(ended_at__isnull=False)),
                name="link_ended_has_a_time",
            ),
        )
        indexes = (
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=("pending", "active")),
                name="link_stale_first",
            ),
            models.Index(
                fields=["expires_at"],
                condition=Q(state="active", warned_at__isnull=True),
                name="link_to_be_warned",
            ),
            models.Index(
                "organisation",
                models.F("expires_at") - models.F("last_used_at"),
                condition=Q(state="active"),
                name="link_by_days_given",
            ),
            # Which organisations know a person (`linking/employers.py`).
            models.Index(
                fields=["fingerprint"],
                condition=Q(state__in=("pending", "active")),
                name="link_by_fingerprint",
            ),
            models.Index(fields=["-linked_at", "-id"], name="link_newest_first"),
            models.Index(
                fields=["organisation", "-linked_at", "-id"], name="link_newest_of_organisation"
            ),
            # Not of those in force, which most are: each sign-in would write one more.
            models.Index(
                fields=["state", "-linked_at", "-id"],
                condition=~Q(state="active"),
                name="link_by_other_state",
            ),
            # Of the level that few have: the same.
            models.Index(
                fields=["-linked_at", "-id"],
                condition=Q(level="substantial"),
                name="link_by_rare_level",
            ),
            models.Index(
                fields=["fingerprint_key"],
                condition=Q(state__in=("pending", "active")),
                name="link_by_key",
            ),
        )

    def __str__(self) -> str:
        return f"{self.employee} · {self.eid_name}" if self.eid else str(self.employee)

    @property
    def eid_name(self) -> str:
        return eid_name(self.eid)

    @property
    def why_it_ended(self) -> str:
        if self.end_reason == self.REMOVED:
            return str(_("Removed by the employee"))
        return self.end_reason


def stale_at(organisation: Organisation, used_at: datetime) -> datetime:
    """When a link last used at `used_at` expires by the organisation's rule."""
    return used_at + timedelta(days=organisation.unused_days)

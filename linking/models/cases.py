from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.models import Employee, Organisation
from linking.models.journey import PendingCode
from linking.models.links import LinkedIdentity


class Case(models.Model):
    """Something that a person other than the parties must decide, or at least look at.

    Holds no number. The name from the eID is there while the case is open.
    """

    class Kind(models.TextChoices):
        APPROVAL = "approval", _("A new link waits for approval")
        NAME_MISMATCH = "name-mismatch", _("A new link waits: the names are not the same")
        EMPLOYEE_LINKED = "employee-linked", _("The employee is linked to another eID already")
        PERSON_LINKED = "person-linked", _("The eID is linked to another employee already")
        NOT_ME = "not-me", _("An employee says: it was not me")
        WRONG_CODES = "wrong-codes", _("Many wrong codes today")

    # Over when the link is over.
    ABOUT_A_LINK = (Kind.APPROVAL, Kind.NAME_MISMATCH, Kind.EMPLOYEE_LINKED, Kind.PERSON_LINKED)

    class Decision(models.TextChoices):
        APPROVED = "approved", _("The link was approved")
        DECLINED = "declined", _("The link was declined")
        KEPT = "kept", _("The existing link was kept")
        ENDED = "ended", _("The existing link was ended")
        CLOSED = "closed", _("Looked into and closed")
        OVERTAKEN = "overtaken", _("The link ended before anybody decided")

    # What an administrator may choose for each kind; `OVERTAKEN` is nobody's choice.
    CHOICES: ClassVar[dict[str, tuple[Decision, ...]]] = {
        Kind.APPROVAL: (Decision.APPROVED, Decision.DECLINED),
        Kind.NAME_MISMATCH: (Decision.APPROVED, Decision.DECLINED),
        Kind.EMPLOYEE_LINKED: (Decision.KEPT, Decision.ENDED),
        Kind.PERSON_LINKED: (Decision.KEPT, Decision.ENDED),
        Kind.NOT_ME: (Decision.CLOSED,),
        Kind.WRONG_CODES: (Decision.CLOSED,),
    }

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(_("reference"), max_length=7)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="+", verbose_name=_("organisation")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    employee = models.ForeignKey(
        Employee,
        on_delete=models.CASCADE,
        null=True,
        related_name="cases",
        verbose_name=_("employee"),
    )
    """Whom the request or the link is about."""
    other_employee = models.ForeignKey(
        Employee,
        on_delete=models.SET_NULL,  # the case is the other one's, and stays theirs
        null=True,
        related_name="+",
        verbose_name=_("the other employee"),
    )
    """Who is linked to the eID already, in a conflict about the eID."""
    link = models.ForeignKey(
        LinkedIdentity,
        on_delete=models.SET_NULL,
        null=True,
        related_name="cases",
        verbose_name=_("link"),
    )
    """The link that waits, or that stands in the way, or that was ended."""
    request = models.ForeignKey(
        PendingCode,
        on_delete=models.SET_NULL,
        null=True,
        related_name="cases",
        verbose_name=_("security code"),
    )
    fingerprint = models.BinaryField(max_length=32, null=True)
    fingerprint_key = models.CharField(max_length=50, blank=True)
    eid = models.CharField(_("eID"), max_length=150, blank=True)
    requester = models.CharField(_("name from the eID"), max_length=301, blank=True)
    opened_at = models.DateTimeField(_("opened"))
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.CharField(_("decided by"), max_length=100, blank=True)
    decision = models.CharField(_("decision"), max_length=10, choices=Decision, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        ordering = ("-opened_at",)
        default_permissions = ("view", "change")
        constraints = (
            # The same eID asking for the same employee again is the same case.
            models.UniqueConstraint(
                fields=["kind", "employee", "fingerprint"],
                condition=Q(decided_at__isnull=True, employee__isnull=False),
                name="case_open_once",
            ),
            models.UniqueConstraint(
                fields=["kind", "organisation"],
                condition=Q(decided_at__isnull=True, employee__isnull=True),
                name="case_open_once_per_organisation",
            ),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decision="")
                | (Q(decided_at__isnull=False) & ~Q(decision="")),
                name="case_decided_has_a_time",
            ),
        )
        indexes = (
            models.Index(
                fields=["opened_at"], condition=Q(decided_at__isnull=True), name="case_open_oldest"
            ),
            models.Index(fields=["-opened_at"], name="case_newest_first"),
            models.Index(fields=["reference"], name="case_by_reference"),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def choices(self) -> tuple[Decision, ...]:
        """What an administrator may choose; nothing once it is decided."""
        return () if self.decided_at is not None else self.CHOICES[self.kind]

    @property
    def parties(self) -> tuple[Employee, ...]:
        """Whom it is about: none, one, or both sides of a conflict."""
        return tuple(party for party in (self.employee, self.other_employee) if party is not None)

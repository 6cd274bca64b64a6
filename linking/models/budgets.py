"""What was guessed, and who may guess no more: counted in PostgreSQL (A-03, A-04)."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.models import Employee, Organisation
from linking.models.journey import PendingCode


class CodeTry(models.Model):
    """One code that was typed and compared. It counts as wrong until it has proved right."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(PendingCode, on_delete=models.SET_NULL, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    employee = models.ForeignKey(Employee, on_delete=models.SET_NULL, null=True, related_name="+")
    """Whose code it could have been; none where no code had been made."""
    fingerprint = models.BinaryField(max_length=32)
    fingerprint_key = models.CharField(max_length=50)
    tried_at = models.DateTimeField()
    forgiven = models.BooleanField(default=False)
    """Right, or typed by somebody who proved to be the employee afterwards."""

    class Meta:
        default_permissions = ()
        indexes = (
            models.Index(
                fields=["fingerprint", "tried_at"],
                condition=Q(forgiven=False),
                name="try_by_person",
            ),
            models.Index(
                fields=["employee", "tried_at"],
                condition=Q(forgiven=False, employee__isnull=False),
                name="try_by_employee",
            ),
            models.Index(
                fields=["organisation", "tried_at"],
                condition=Q(forgiven=False, employee__isnull=False),
                name="try_by_organisation",
            ),
        )

    def __str__(self) -> str:
        return f"typed {self.tried_at:%Y-%m-%d %H:%M:%S}"


class Block(models.Model):
    """That a budget of wrong codes is used up: seen by administrators, who may lift it."""

    class Budget(models.TextChoices):
        PERSON_DAY = "person-day", _("The eID: 5 wrong codes in a day")
        PERSON = "person", _("The eID: 10 wrong codes without a success")
        EMPLOYEE_DAY = "employee-day", _("The employee: 10 wrong codes in a day")
        EMPLOYEE_MONTH = "employee-month", _("The employee: 20 wrong codes in 30 days")
        ORGANISATION_DAY = "organisation-day", _("The organisation: 100 wrong codes in a day")

    OF_A_PERSON = (Budget.PERSON_DAY, Budget.PERSON)
    OF_AN_EMPLOYEE = (Budget.EMPLOYEE_DAY, Budget.EMPLOYEE_MONTH)

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    budget = models.CharField(_("budget"), max_length=20, choices=Budget)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="+", verbose_name=_("organisation")
    )
    employee = models.ForeignKey(
        Employee,
        on_delete=models.CASCADE,
        null=True,
        related_name="blocks",
        verbose_name=_("employee"),
    )
    fingerprint = models.BinaryField(max_length=32, null=True)
    fingerprint_key = models.CharField(max_length=50, blank=True)
    request = models.ForeignKey(
        PendingCode,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("security code"),
    )
    """The request whose try used the budget up."""
    blocked_at = models.DateTimeField(_("blocked"))
    ends_at = models.DateTimeField(_("ends"), null=True)
    """Empty: not before an administrator lifts it."""
    lifted_at = models.DateTimeField(_("lifted"), null=True)
    lifted_by = models.CharField(_("lifted by"), max_length=100, blank=True)
    lift_reason = models.CharField(_("why it was lifted"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        ordering = ("-blocked_at",)
        default_permissions = ("view", "change")
        constraints = (
            models.CheckConstraint(
                condition=Q(budget__in=("person-day", "person"), fingerprint__isnull=False)
                | Q(budget__in=("employee-day", "employee-month"), employee__isnull=False)
                | Q(budget="organisation-day"),
                name="block_is_somebodys",
            ),
        )
        indexes = (
            models.Index(
                fields=["fingerprint"], condition=Q(fingerprint__isnull=False), name="block_person"
            ),
            models.Index(fields=["organisation", "-blocked_at"], name="block_organisation"),
            models.Index(fields=["-blocked_at"], name="block_newest_first"),
        )

    def __str__(self) -> str:
        return str(self.get_budget_display())

    @staticmethod
    def in_force(now: datetime) -> Q:
        """Give the condition under which a block holds at `now`."""
        return Q(lifted_at__isnull=True) & (Q(ends_at__isnull=True) | Q(ends_at__gt=now))

    def is_in_force(self, now: datetime) -> bool:
        return self.lifted_at is None and (self.ends_at is None or self.ends_at > now)

"""How far the roll-out has come, as it was counted last: what the first page shows (ADR 0016)."""

from django.db import models

from accounts.models import Organisation


class DepartmentFigures(models.Model):
    """A department with somebody employed today; the empty name is for those without one."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    department = models.CharField(max_length=200, blank=True)
    employed = models.PositiveIntegerField()
    linked = models.PositiveIntegerField()
    invited = models.PositiveIntegerField()
    """Those who are not linked, but have an invitation that may be used."""
    stale_soon = models.PositiveIntegerField()
    """Links that expire within two weeks unless they are used."""

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "department"], name="department_figures_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.department}: {self.linked} of {self.employed}"


class DailyFigures(models.Model):
    """An organisation on one day: the last count of it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    employed = models.PositiveIntegerField()
    linked = models.PositiveIntegerField()
    invited = models.PositiveIntegerField()
    """Those who are not linked, but have an invitation that may be used."""
    stale_soon = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["day", "organisation"], name="daily_figures_once"),
        )

    def __str__(self) -> str:
        return f"{self.day}: {self.linked} of {self.employed}"

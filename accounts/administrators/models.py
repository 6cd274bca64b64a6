from django.db import models


class TryBudget(models.Model):
    """How many tries somebody has had in a span of time; whom it counts is not readable from it."""

    key = models.CharField(max_length=64, primary_key=True)
    tries = models.PositiveSmallIntegerField()
    ends_at = models.DateTimeField()

    class Meta:
        app_label = "accounts"
        default_permissions = ()
        indexes = (models.Index(fields=["ends_at"], name="try_budget_by_end"),)

    def __str__(self) -> str:
        return f"{self.tries} until {self.ends_at:%H:%M}"

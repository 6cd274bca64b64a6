"""What the daily digest of look-ups says: kept, so that it is the same in mail and on the page."""

from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.models import Organisation


class LookDigest(models.Model):
    """One day's look-ups in one organisation, by member of staff; without one, on the whole portal.

    It tells of those who look at others' data by their role, and of nobody's work: no times of day,
    no sign-ins, no order. Whom they looked at stands in the log alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        verbose_name=_("organisation"),
    )
    day = models.DateField(_("day"))
    made_at = models.DateTimeField(_("made"))
    lines = models.JSONField(default=list)
    """Each a `linking.digest.lines.Line`."""
    usual = models.PositiveIntegerField(null=True)
    """How many people a member of staff looked at on a usual day, where enough days tell."""
    staff = models.PositiveIntegerField(_("members of staff who looked"))
    flagged = models.PositiveIntegerField(_("to be looked into"))

    class Meta:
        verbose_name = _("digest of look-ups")
        verbose_name_plural = _("digests of look-ups")
        ordering = ("-day", "-id")
        default_permissions = ("view",)
        constraints = (
            models.UniqueConstraint(
                fields=["organisation", "day"], nulls_distinct=False, name="look_digest_once"
            ),
        )
        indexes = (models.Index(fields=["-day", "-id"], name="look_digest_newest_first"),)

    def __str__(self) -> str:
        return date_format(self.day)

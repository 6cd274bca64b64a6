from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from audit.events import catalogue


class AuditEvent(models.Model):
    """One thing that happened. Holds ids and no foreign keys: it outlives what it tells of."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("time"))
    event = models.CharField(_("event"), max_length=40, choices=catalogue)
    organisation_id = models.UUIDField(_("organisation"), null=True)
    employee_id = models.UUIDField(_("employee"), null=True)
    actor = models.CharField(_("by"), max_length=100)
    reference = models.CharField(_("reference"), max_length=7, blank=True)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    details = models.JSONField(_("details"), default=dict)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ("-id",)
        default_permissions = ("view",)
        indexes = (
            models.Index(fields=["organisation_id", "-id"], name="audit_by_organisation"),
            models.Index(fields=["employee_id", "-id"], name="audit_by_employee"),
            models.Index(
                fields=["reference"],
                name="audit_by_reference",
                condition=~models.Q(reference=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.event}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only.

        Raises:
            TypeError: the event has been written already.
        """
        if self.pk is not None:
            raise TypeError("An audit event is never changed.")
        super().save(*args, **kwargs)

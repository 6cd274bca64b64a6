"""Who has which role, and where. What a role permits stands in `accounts/roles.py`."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.ids import uuid7
from accounts.roles import Role


class RoleGrantQuerySet(models.QuerySet["RoleGrant"]):
    def in_force(self, on: date) -> Self:
        """Those that give something on the day `on`: whose holders are active, and employed."""
        return self.filter(
            Q(user__employee__isnull=True)
            | Q(user__employee__active=True)
            & (Q(user__employee__starts_on__isnull=True) | Q(user__employee__starts_on__lte=on))
            & (Q(user__employee__ends_on__isnull=True) | Q(user__employee__ends_on__gte=on)),
            user__is_active=True,
        )


class RoleGrant(models.Model):
    """That a user has a role: for one organisation, or on the whole portal where there is none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, related_name="grants", verbose_name=_("who")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role)
    organisation = models.ForeignKey(
        "accounts.Organisation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("organisation"),
    )
    granted_at = models.DateTimeField(_("given"))
    granted_by = models.CharField(_("given by"), max_length=100)

    objects: ClassVar[RoleGrantQuerySet] = RoleGrantQuerySet.as_manager()  # type: ignore[assignment]  # a manager with its methods

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ("organisation__name", "role", "granted_at")
        default_permissions = ("view", "add", "delete")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "role", "organisation"],
                nulls_distinct=False,
                name="role_granted_once",
            ),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="role_is_known"),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.place}"

    @property
    def place(self) -> str:
        """Where the role holds, in words."""
        return self.organisation.name if self.organisation else str(_("The whole portal"))

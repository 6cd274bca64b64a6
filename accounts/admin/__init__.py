"""The registry as administrators keep it: every save and deletion is one action, with its event."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.admin.common import actor
from accounts.admin.employees import EmployeeAdmin
from accounts.admin.organisations import OrganisationAdmin
from accounts.admin.roles import RoleGrantAdmin
from accounts.admin.users import UserAdmin

__all__ = (
    "EmployeeAdmin",
    "OrganisationAdmin",
    "RoleGrantAdmin",
    "UserAdmin",
    "actor",
)

admin.site.site_header = admin.site.site_title = "Kobling"
admin.site.index_title = _("Administration")
admin.site.enable_nav_sidebar = False
admin.site.unregister(Group)  # roles stand in accounts/roles.py

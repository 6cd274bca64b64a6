"""Who sees and changes what, of which organisation: roles asked at use, and the admin held to them.

`organisations()` answers for whatever the portal shows; `RoleBackend` for `has_perm`; `ScopedAdmin`
is what every page of the administration is made of (A-44: a test fails where one is not).
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, ClassVar, Protocol, cast
from uuid import UUID

from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ActionLocation, IncorrectLookupParameters
from django.contrib.auth import get_permission_codename
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db import DataError
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, RoleGrant, User
from accounts.roles import permissions_of
from accounts.watched import WatchedPages

type Someone = AbstractBaseUser | AnonymousUser
type Held = dict[UUID | None, frozenset[str]]

_CACHE = "_held_permissions"
_VERBS = ("view", "add", "change", "delete")


def held_now(user: User) -> Held:
    """Read what a user may do from the database: by organisation, under None on the whole portal.

    One query. A role of somebody who is not employed gives nothing.
    """
    roles = defaultdict[UUID | None, set[str]](set)
    grants = RoleGrant.objects.in_force(timezone.localdate()).filter(user=user)
    for organisation, role in grants.order_by().values_list("organisation", "role"):
        roles[organisation].add(role)
    return {
        organisation: permissions_of(given, whole_portal=organisation is None)
        for organisation, given in roles.items()
    }


def _held(user: Someone) -> Held:
    """The same, read once for each user object: sessions make a new one for every request."""
    if not isinstance(user, User) or not user.is_active:
        return {}
    if not hasattr(user, _CACHE):
        setattr(user, _CACHE, held_now(user))
    return cast(Held, getattr(user, _CACHE))


def everywhere(user: Someone, permission: str) -> bool:
    """Whether the user may do this on the whole portal, and with what is no organisation's."""
    if isinstance(user, User) and user.is_active and user.is_superuser:
        return True
    return permission in _held(user).get(None, ())


def covers(user: Someone, permission: str, organisation: UUID | None) -> bool:
    """Whether the user may do this in one organisation; None: with what is no organisation's."""
    return everywhere(user, permission) or (
        organisation is not None and permission in _held(user).get(organisation, ())
    )


def has_more(user: User, than: Someone) -> bool:
    """Whether `user` has a role that gives what `than` does not have there.

    Whoever may change such a person's record could make it their own, and get the role with it.
    """
    if isinstance(than, User) and than.is_superuser:
        return False
    held = _held(than)
    mine = held.get(None, frozenset())
    return user.is_superuser or any(
        not permissions_of([grant.role], whole_portal=grant.organisation_id is None)
        <= mine | held.get(grant.organisation_id, frozenset())
        for grant in user.grants.all()
    )


def _where(user: Someone, permission: str) -> list[UUID]:
    """The single organisations in which the user may do this."""
    return [place for place, may in _held(user).items() if place is not None and permission in may]


def organisations(user: Someone, permission: str) -> QuerySet[Organisation]:
    """Give the organisations in which the user may do this, such as `accounts.view_employee`."""
    if everywhere(user, permission):
        return Organisation.objects.all()
    return Organisation.objects.filter(pk__in=_where(user, permission))


def scope[Row: Model](
    rows: QuerySet[Row], user: Someone, permission: str, *, path: str | None = "organisation"
) -> QuerySet[Row]:
    """Give those of `rows` for whose organisation, at `path`, the user has the permission.

    Rows of no organisation are for those who have it on the whole portal; without a path all are.
    """
    if everywhere(user, permission):
        return rows
    return rows.filter(**{f"{path}__in": _where(user, permission)}) if path else rows.none()


class RoleBackend(BaseBackend):
    """Permissions come from roles and from nowhere else: it stands first and has the last word."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Whether the user has the permission in any organisation; which, `organisations` tells.

        Raises:
            PermissionDenied: no; Django then asks no other backend.
        """
        if any(perm in permissions for permissions in _held(user_obj).values()):
            return True
        raise PermissionDenied

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Whether the user has any permission in the app.

        Raises:
            PermissionDenied: no.
        """
        held = [name for permissions in _held(user_obj).values() for name in permissions]
        if any(name.startswith(f"{app_label}.") for name in held):
            return True
        raise PermissionDenied


class _OfOrganisation(Protocol):
    organisation_id: UUID | None


class OrganisationFilter(RelatedFieldListFilter):
    """Offers only the organisations whose rows are in the list."""

    def __init__(self, field: Any, request: HttpRequest, *more: Any, **options: Any) -> None:
        super().__init__(field, request, *more, **options)
        self.empty_value_display = escape(_("The whole portal"))

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[str, Any]]:
        permission = model_admin.permission("view")
        self._whole_portal = everywhere(request.user, permission)
        return [(str(each.pk), each.name) for each in organisations(request.user, permission)]

    @property
    def include_empty_choice(self) -> bool:
        return self._whole_portal and bool(self.field.null)


class ScopedAdmin[Row: Model](WatchedPages[Row]):
    """Pages about rows of organisations: others' rows are not there, whatever is asked for.

    All that Django shows, searches, filters, completes or deletes comes from `get_queryset`; all
    that it lets be done asks a `has_…_permission` with the row.
    """

    # From a row to its organisation; None: the rows are no organisation's.
    organisation_path: ClassVar[str | None] = "organisation"

    def organisation_of(self, obj: Row) -> UUID | None:
        """Give whose the row is; None: no organisation's."""
        return cast(_OfOrganisation, obj).organisation_id if self.organisation_path else None

    def permission(self, verb: str) -> str:
        """Give the permission that a verb needs; a page's own ones (revoke, decide) are changes."""
        codename = get_permission_codename(verb if verb in _VERBS else "change", self.opts)
        return f"{self.opts.app_label}.{codename}"

    def may(self, request: HttpRequest, verb: str, obj: Row | None = None) -> bool:
        """Whether this may be done with the row; without one, with any row at all."""
        if obj is None:
            return request.user.has_perm(self.permission(verb))
        return covers(request.user, self.permission(verb), self.organisation_of(obj))

    def may_see(self, request: HttpRequest) -> QuerySet[Organisation]:
        return organisations(request.user, self.permission("view"))

    def has_view_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return self.may(request, "view", obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return self.may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return self.may(request, "delete", obj)

    def scoped(self, rows: QuerySet[Row], request: HttpRequest, verb: str) -> QuerySet[Row]:
        """Give those of `rows` with which the user may do this."""
        return scope(rows, request.user, self.permission(verb), path=self.organisation_path)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Row]:
        return self.scoped(super().get_queryset(request), request, "view")

    def get_list_filter(self, request: HttpRequest) -> Any:
        return [
            ("organisation", OrganisationFilter) if each == "organisation" else each
            for each in super().get_list_filter(request)
        ]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow only what the list's own filters ask.

        Django lets each column be asked for, also those that no page shows, such as fingerprints.
        """
        filters = [
            each[0] if isinstance(each, tuple) else getattr(each, "parameter_name", each)
            for each in self.get_list_filter(request)
        ]
        asked = lookup.partition("__")[0]
        return asked in filters and super().lookup_allowed(lookup, value, request)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Give the list; what a filter cannot be is answered as Django answers no date, not by 500.

        Raises:
            IncorrectLookupParameters: the database takes no such value, as one with NUL.
        """
        try:
            return super().get_changelist_instance(request)
        except (DataError, ValueError):
            raise IncorrectLookupParameters from None

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer and take only the organisations in which the form's own verb is allowed."""
        if db_field.related_model is Organisation:
            verb = "change" if self.may(request, "change") else "add"
            kwargs["queryset"] = organisations(request.user, self.permission(verb))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Answer an action.

        Raises:
            BadRequest: on what is no key; Django would ask the database with it.
        """
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(key)
        except ValidationError:
            raise BadRequest("no key") from None
        return super().response_action(request, *args, **kwargs)

    def get_actions(
        self, request: HttpRequest, action_location: Any = ActionLocation.CHANGE_LIST
    ) -> dict[str, Any]:
        """Give the actions of a list, each held to those of the chosen rows that it may be done to.

        Somebody may look at one organisation and change another.
        """
        actions = super().get_actions(request, action_location=action_location)
        return {
            name: replace(each, func=_held_to(each.func)) for name, each in actions.items() if each
        }


def _held_to(action: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(action)
    def held(page: ScopedAdmin[Any], request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for verb in getattr(action, "allowed_permissions", ()):
            queryset = page.scoped(queryset, request, verb)
        return action(page, request, queryset)

    return held

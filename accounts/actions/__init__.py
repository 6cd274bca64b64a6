"""Whatever the portal does to the registry: one function, one transaction, its event inside."""

from accounts.actions.employment import HasNotLeft, move_employee, rehire_employee
from accounts.actions.registry import (
    StillEmployed,
    change_administrator,
    change_employee,
    change_organisation,
    create_administrator,
    create_organisation,
    delete_employee,
    end_sessions,
    register_employee,
)
from accounts.actions.roles import (
    AlreadyGranted,
    LastAdministrator,
    NotEmployed,
    OwnRoles,
    RoleNotYours,
    end_roles,
    grant_role,
    may_grant,
    revoke_role,
)

__all__ = (
    "AlreadyGranted",
    "HasNotLeft",
    "LastAdministrator",
    "NotEmployed",
    "OwnRoles",
    "RoleNotYours",
    "StillEmployed",
    "change_administrator",
    "change_employee",
    "change_organisation",
    "create_administrator",
    "create_organisation",
    "delete_employee",
    "end_roles",
    "end_sessions",
    "grant_role",
    "may_grant",
    "move_employee",
    "register_employee",
    "rehire_employee",
    "revoke_role",
)

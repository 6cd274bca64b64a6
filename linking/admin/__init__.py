"""The administration's pages about linking: nothing secret, little to change."""

from linking.admin.blocks import BlockAdmin
from linking.admin.cases import CaseAdmin
from linking.admin.employees import LinkedEmployeeAdmin
from linking.admin.journey import OutgoingMailAdmin, PendingCodeAdmin
from linking.admin.links import LinkedIdentityAdmin

__all__ = (
    "BlockAdmin",
    "CaseAdmin",
    "LinkedEmployeeAdmin",
    "LinkedIdentityAdmin",
    "OutgoingMailAdmin",
    "PendingCodeAdmin",
)

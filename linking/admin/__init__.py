"""The administration's pages about linking: nothing secret, little to change."""

from linking.admin.blocks import BlockAdmin
from linking.admin.cases import CaseAdmin
from linking.admin.employees import LinkedEmployeeAdmin
from linking.admin.imports import ImportAdmin
from linking.admin.journey import OutgoingMailAdmin, PendingCodeAdmin
from linking.admin.keys import FingerprintKeyAdmin
from linking.admin.links import LinkedIdentityAdmin

__all__ = (
    "BlockAdmin",
    "CaseAdmin",
    "FingerprintKeyAdmin",
    "ImportAdmin",
    "LinkedEmployeeAdmin",
    "LinkedIdentityAdmin",
    "OutgoingMailAdmin",
    "PendingCodeAdmin",
)

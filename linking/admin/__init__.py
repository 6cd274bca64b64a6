"""The administration's pages about linking: nothing secret, little to change."""

from linking.admin.blocks import BlockAdmin
from linking.admin.campaigns import CampaignAdmin
from linking.admin.cases import CaseAdmin
from linking.admin.employees import LinkedEmployeeAdmin
from linking.admin.imports import ImportAdmin
from linking.admin.invitations import InvitationAdmin
from linking.admin.journey import OutgoingMailAdmin, PendingCodeAdmin
from linking.admin.keys import FingerprintKeyAdmin
from linking.admin.links import LinkedIdentityAdmin
from linking.admin.looks import LookDigestAdmin
from linking.logbook.admin import AuditEventAdmin

__all__ = (
    "AuditEventAdmin",
    "BlockAdmin",
    "CampaignAdmin",
    "CaseAdmin",
    "FingerprintKeyAdmin",
    "ImportAdmin",
    "InvitationAdmin",
    "LinkedEmployeeAdmin",
    "LinkedIdentityAdmin",
    "LookDigestAdmin",
    "OutgoingMailAdmin",
    "PendingCodeAdmin",
)

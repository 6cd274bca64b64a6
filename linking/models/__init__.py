from linking.models.budgets import Block, CodeTry
from linking.models.cases import Case
from linking.models.figures import DailyFigures, DepartmentFigures
from linking.models.gateway import (
    SIGN_IN_LIFETIME,
    AuthorizationRequest,
    GatewayDocument,
    UsedLogoutToken,
)
from linking.models.invitations import VALID_DAYS, Campaign, Invitation
from linking.models.journey import PendingCode
from linking.models.keys import FingerprintKey
from linking.models.links import LinkedIdentity, matches, stale_at
from linking.models.looks import LookDigest
from linking.models.mails import OutgoingMail
from linking.models.searches import SavedSearch
from linking.models.unlinked import Unlinked

__all__ = (
    "SIGN_IN_LIFETIME",
    "VALID_DAYS",
    "AuthorizationRequest",
    "Block",
    "Campaign",
    "Case",
    "CodeTry",
    "DailyFigures",
    "DepartmentFigures",
    "FingerprintKey",
    "GatewayDocument",
    "Invitation",
    "LinkedIdentity",
    "LookDigest",
    "OutgoingMail",
    "PendingCode",
    "SavedSearch",
    "Unlinked",
    "UsedLogoutToken",
    "matches",
    "stale_at",
)

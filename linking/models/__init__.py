from linking.models.gateway import (
    SIGN_IN_LIFETIME,
    AuthorizationRequest,
    GatewayDocument,
    UsedLogoutToken,
)
from linking.models.journey import OutgoingMail, PendingCode
from linking.models.links import LinkedIdentity, matches, stale_at

__all__ = (
    "SIGN_IN_LIFETIME",
    "AuthorizationRequest",
    "GatewayDocument",
    "LinkedIdentity",
    "OutgoingMail",
    "PendingCode",
    "UsedLogoutToken",
    "matches",
    "stale_at",
)

"""Whatever the portal does about links: one function, one transaction, its event inside."""

from linking.actions.confirmation import (
    CodeExpired,
    Linked,
    LinkRefused,
    NoTriesLeft,
    WrongCode,
    confirm_code,
)
from linking.actions.leavers import end_leavers
from linking.actions.links import revoke_link
from linking.actions.requests import code_key, decide_request, expire_codes, request_code
from linking.actions.sessions import (
    clear_sign_ins,
    end_sessions_by_token,
    end_sessions_of,
    note_sign_out,
    note_unlinked_sign_in,
    sign_in,
    user_in_force,
)
from linking.actions.stale import expire_stale_links, follow_rules, tend_links, warn_of_expiry

__all__ = (
    "CodeExpired",
    "LinkRefused",
    "Linked",
    "NoTriesLeft",
    "WrongCode",
    "clear_sign_ins",
    "code_key",
    "confirm_code",
    "decide_request",
    "end_leavers",
    "end_sessions_by_token",
    "end_sessions_of",
    "expire_codes",
    "expire_stale_links",
    "follow_rules",
    "note_sign_out",
    "note_unlinked_sign_in",
    "request_code",
    "revoke_link",
    "sign_in",
    "tend_links",
    "user_in_force",
    "warn_of_expiry",
)

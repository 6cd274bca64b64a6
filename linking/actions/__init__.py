"""Whatever the portal does about links: one function, one transaction, its event inside."""

from accounts.looks import note_search, note_view, note_views
from linking.actions.address_changes import follow_address_changes
from linking.actions.blocks import lift_block
from linking.actions.campaigns import (
    LeftOut,
    NobodyToInvite,
    Plan,
    invite,
    plan_invitations,
    remind,
    stop_campaign,
    tend_invitations,
)
from linking.actions.confirmation import WrongCode, confirm_code
from linking.actions.decisions import (
    AlreadyDecided,
    CaseOvertaken,
    DecisionNotOffered,
    PartyMayNotDecide,
    decide_case,
    is_party,
)
from linking.actions.disowning import Claim, claim_of, disown, is_disowned
from linking.actions.employment import rehire
from linking.actions.erasing import (
    OwnTrail,
    ask_erasable,
    erase_from_log,
    note_refused_erasure,
)
from linking.actions.figures import count_figures
from linking.actions.fingerprints import renew_fingerprints
from linking.actions.invitations import (
    CodeNeeded,
    InvitationEnded,
    accept_invitation,
    invitation_by,
    note_invited_sign_in,
    note_opened,
    open_one,
)
from linking.actions.leavers import end_leavers
from linking.actions.links import revoke_link
from linking.actions.look_digests import make_look_digests
from linking.actions.lost_keys import (
    KeyIsConfigured,
    KeyIsGivenUp,
    KeyUnknown,
    give_up_key,
    rows_under,
)
from linking.actions.making import Linked, LinkRefused, LinkWaits
from linking.actions.merging import (
    BothLinked,
    NotAPair,
    NothingToMerge,
    OtherIsLinked,
    RecordsChanged,
    merge_employees,
    who_is_linked,
)
from linking.actions.own_data import TooManyDownloads, note_download
from linking.actions.requests import code_key, decide_request, expire_codes, request_code
from linking.actions.searches import TooManySaved, note_log_search, remove_search, save_search
from linking.actions.sessions import (
    clear_sign_ins,
    end_idle_sessions,
    end_sessions_by_token,
    end_sessions_of,
    note_refused_token,
    note_sign_out,
    note_unlinked_sign_in,
    sign_in,
    user_in_force,
    waiting_link,
)
from linking.actions.stale import (
    NOTICE,
    expire_stale_links,
    follow_rules,
    tend_links,
    warn_of_expiry,
)
from linking.actions.tries import CodeExpired, NoTriesLeft, Typist, check_open

__all__ = (
    "NOTICE",
    "AlreadyDecided",
    "BothLinked",
    "CaseOvertaken",
    "Claim",
    "CodeExpired",
    "CodeNeeded",
    "DecisionNotOffered",
    "InvitationEnded",
    "KeyIsConfigured",
    "KeyIsGivenUp",
    "KeyUnknown",
    "LeftOut",
    "LinkRefused",
    "LinkWaits",
    "Linked",
    "NoTriesLeft",
    "NobodyToInvite",
    "NotAPair",
    "NothingToMerge",
    "OtherIsLinked",
    "OwnTrail",
    "PartyMayNotDecide",
    "Plan",
    "RecordsChanged",
    "TooManyDownloads",
    "TooManySaved",
    "Typist",
    "WrongCode",
    "accept_invitation",
    "ask_erasable",
    "check_open",
    "claim_of",
    "clear_sign_ins",
    "code_key",
    "confirm_code",
    "count_figures",
    "decide_case",
    "decide_request",
    "disown",
    "end_idle_sessions",
    "end_leavers",
    "end_sessions_by_token",
    "end_sessions_of",
    "erase_from_log",
    "expire_codes",
    "expire_stale_links",
    "follow_address_changes",
    "follow_rules",
    "give_up_key",
    "invitation_by",
    "invite",
    "is_disowned",
    "is_party",
    "lift_block",
    "make_look_digests",
    "merge_employees",
    "note_download",
    "note_invited_sign_in",
    "note_log_search",
    "note_opened",
    "note_refused_erasure",
    "note_refused_token",
    "note_search",
    "note_sign_out",
    "note_unlinked_sign_in",
    "note_view",
    "note_views",
    "open_one",
    "plan_invitations",
    "rehire",
    "remind",
    "remove_search",
    "renew_fingerprints",
    "request_code",
    "revoke_link",
    "rows_under",
    "save_search",
    "sign_in",
    "stop_campaign",
    "tend_invitations",
    "tend_links",
    "user_in_force",
    "waiting_link",
    "warn_of_expiry",
    "who_is_linked",
)

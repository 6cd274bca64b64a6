"""Why a sign-in is refused: one class per reason, which the audit log and the page name.

Plain Python: what each page says to people stands in `linking/pages.py`.
"""

from typing import ClassVar


class Refused(Exception):
    """What came back is not a sign-in. `reason` names why, for the audit log and the page."""

    reason: ClassVar[str] = "refused"

    def __init__(self) -> None:
        super().__init__(self.reason)


class ProviderUnavailable(Refused):
    """ID-porten did not answer, or answered what no provider should."""

    reason = "provider-unavailable"


class ClientNotRecognised(ProviderUnavailable):
    """ID-porten knows none of our keys, or no longer knows us."""

    reason = "client-not-recognised"


class ProviderMisconfigured(Refused):
    """The discovery document is not that of the configured issuer (H-44)."""

    reason = "provider-misconfigured"


class FingerprintKeysUnfit(Refused):
    """The portal's keys do not fit its data: nobody can be recognised (A-33)."""

    reason = "fingerprint-keys-unfit"


class ResponseMalformed(Refused):
    reason = "response-malformed"


class ResponseIssuerWrong(Refused):
    """`iss` of the authorization response is missing or another's (RFC 9207)."""

    reason = "response-issuer-wrong"


class Cancelled(Refused):
    """The person pressed Cancel at ID-porten."""

    reason = "cancelled"


class ProviderError(Refused):
    """ID-porten answered with an error code."""

    reason = "provider-error"


class StateUnknown(Refused):
    """`state` is missing, used, too old or another browser's."""

    reason = "state-unknown"


class TokenMalformed(Refused):
    reason = "token-malformed"


class TokenAlgorithmWrong(Refused):
    reason = "token-algorithm-wrong"


class TokenKeyUnknown(Refused):
    reason = "token-key-unknown"


class TokenSignatureWrong(Refused):
    reason = "token-signature-wrong"


class TokenIssuerWrong(Refused):
    reason = "token-issuer-wrong"


class TokenAudienceWrong(Refused):
    reason = "token-audience-wrong"


class TokenTimeWrong(Refused):
    reason = "token-time-wrong"


class TokenNonceWrong(Refused):
    reason = "token-nonce-wrong"


class TokenSubjectWrong(Refused):
    reason = "token-subject-wrong"


class TokenSessionWrong(Refused):
    """Without a `sid` ID-porten could never end what the token begins."""

    reason = "token-sid-wrong"


class TokenReplayed(Refused):
    """A logout token that has been acted on before."""

    reason = "token-replayed"


class AccessTokenHashWrong(Refused):
    reason = "token-at-hash-wrong"


class LevelUnknown(Refused):
    """`acr` is none of ID-porten's levels."""

    reason = "level-unknown"


class LevelTooLow(Refused):
    """A level below what was asked for."""

    reason = "level-too-low"


class SignInNotFresh(Refused):
    reason = "sign-in-not-fresh"


class NationalIdMissing(Refused):
    """The eID carries no national identity number: a foreign eID or an e-mail user."""

    reason = "national-id-missing"


class NationalIdSynthetic(Refused):
    """A test number at a portal for real people."""

    reason = "national-id-synthetic"


class NotEmployed(Refused):
    """There is a link, but its employee is inactive, has not begun or has left."""

    reason = "not-employed"


class SessionEnded(Refused):
    """A step of the link journey without somebody signed in with an eID."""

    reason = "session-ended"

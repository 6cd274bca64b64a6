"""The person behind the browser, as ID-porten told it: kept in the session until linked or gone."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Self

from django.conf import settings

from accounts.national_id import Fingerprint
from audit.callers import Caller
from linking.fingerprint_keys import keys_in_use
from linking.oidc import VerifiedPerson

SESSION_KEY = "eid"
# Somebody came from ID-porten and was refused: no session here, but one there, which can be ended.
REFUSED_KEY = "eid_refused"
# Of whoever is signed in the fingerprints alone: by them other employers are found (ADR 0017).
FINGERPRINTS_KEY = "eid_fingerprints"


@dataclass(frozen=True, slots=True, repr=False)
class EidPerson:
    """Somebody signed in with an eID. No number: only its fingerprints, the current key's first."""

    fingerprints: dict[str, str]
    birth_date: str
    given_name: str
    family_name: str
    level: str
    eid: str
    network: str = field(default="", compare=False)
    """From where they call now; of each request, and so not kept in the session."""

    @classmethod
    def of(cls, person: VerifiedPerson, *, network: str) -> Self:
        """Give the person whom ID-porten vouches for.

        Raises:
            FingerprintKeysUnfit: the portal's keys are not those of its data.
        """
        birth_date = person.national_id.birth_date()
        return cls(
            fingerprints={
                fingerprint.key_id: fingerprint.digest.hex()
                for fingerprint in person.national_id.fingerprints(keys_in_use())
            },
            birth_date=birth_date.isoformat() if birth_date else "",
            given_name=person.given_name,
            family_name=person.family_name,
            level=person.level,
            eid=person.eid,
            network=network,
        )

    @classmethod
    def from_session(cls, stored: dict[str, Any], *, network: str) -> Self | None:
        """Give the person, with the fingerprints that this process has keys for.

        None where one of the keys is newer than the sign-in: rows under it would not be seen.
        """
        kept = stored["fingerprints"]
        configured = settings.FINGERPRINT_KEYS.keys
        if not configured.keys() <= kept.keys():
            return None
        here = {"fingerprints": {key_id: kept[key_id] for key_id in configured}, "network": network}
        return cls(**stored | here)

    def to_session(self) -> dict[str, Any]:
        kept = asdict(self)
        del kept["network"]
        return kept

    @property
    def actor(self) -> Caller:
        """The name under which the audit log knows whoever has an eID and no link."""
        return Caller("eid", self.network)

    @property
    def name(self) -> str:
        """The name from the eID; MinID gives none."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def born(self) -> date | None:
        return date.fromisoformat(self.birth_date) if self.birth_date else None

    @property
    def current(self) -> Fingerprint:
        return self.all_fingerprints[0]

    @property
    def all_fingerprints(self) -> list[Fingerprint]:
        return fingerprints_from(self.fingerprints)


def fingerprints_in(session: Any) -> list[Fingerprint]:
    """Give the fingerprints of whoever is signed in, under the keys that this process has."""
    kept = session.get(FINGERPRINTS_KEY, {})
    configured = settings.FINGERPRINT_KEYS.keys
    return fingerprints_from({key: digest for key, digest in kept.items() if key in configured})


def fingerprints_from(stored: dict[str, str]) -> list[Fingerprint]:
    """Read fingerprints kept as key id → hexadecimal digest."""
    return [Fingerprint(key_id=key, digest=bytes.fromhex(value)) for key, value in stored.items()]

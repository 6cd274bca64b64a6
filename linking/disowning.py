"""The address in a mail by which its reader says «It wasn't me»: the mail's id, signed."""

from datetime import timedelta
from uuid import UUID

from django.core import signing

from linking.models import OutgoingMail

VALID = timedelta(days=30)  # from when the mail was made; a copy of it has the same address
_SIGNER = signing.Signer(salt="kobling.linking.disowning", sep=".")


def not_me_url(mail: OutgoingMail) -> str:
    """Give the whole address, at the organisation's own host (A-17)."""
    token = _SIGNER.sign(mail.pk.hex)
    return f"{mail.organisation.base_url}/link/not-me/{token}/"


def mail_id_from(token: str) -> UUID | None:
    """Give the id that this portal signed; None for whatever else was sent."""
    try:
        return UUID(_SIGNER.unsign(token))
    except signing.BadSignature:
        return None

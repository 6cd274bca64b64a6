"""The personal link of an invitation: 128 bits that no row holds.

The token is a pseudo-random function of the row's id under a key from outside the database, as the
code is (ADR 0004): the worker makes it again for each mail, and whoever has the database alone has
only its hash, from which 128 bits are not found.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from uuid import UUID

from django.utils.crypto import salted_hmac

from linking.models import Invitation

BYTES = 16


def make_token(invitation_id: UUID) -> str:
    """Give the token of one invitation: 22 characters that an address takes as they are."""
    key = salted_hmac("kobling.linking.invitations", "", algorithm="sha256").digest()
    digest = hmac.digest(key, b"invitation:" + invitation_id.bytes, hashlib.sha256)
    return urlsafe_b64encode(digest[:BYTES]).rstrip(b"=").decode()


def hash_token(token: str) -> bytes:
    """Give what is stored of a token; whatever was sent has one."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def invitation_url(invitation: Invitation) -> str:
    """Give the whole address, at the organisation's own host (A-17)."""
    return f"{invitation.organisation.base_url}/invitation/{make_token(invitation.pk)}/"

"""What allauth asks of the portal: how secrets are kept, and under which names it is known."""

import base64

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from accounts.models import User


class SecretUnreadable(Exception):
    """The secret was encrypted under another SECRET_KEY, or changed by hand."""


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps TOTP secrets and the seed of recovery codes encrypted (MFA_ADAPTER, ADR 0013)."""

    def generate_authenticator_name(
        self,
        user: User,
        type: Authenticator.Type,  # noqa: A002  # allauth's name
    ) -> str:
        """Give a name for a passkey whose owner gave none."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return gettext("Passkey %(number)d") % {"number": number}

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Give the text.

        Raises:
            SecretUnreadable: the key is another one.
        """
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            raise SecretUnreadable from None


def _cipher() -> Fernet:
    """AES-128-CBC and HMAC-SHA256, under a key that no dump of the database has (A-32)."""
    key = salted_hmac("kobling.accounts.second_factor", "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))

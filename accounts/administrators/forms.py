"""What is typed, or comes from a passkey, at the administration's door."""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm
from cryptography.exceptions import InvalidSignature
from django import forms
from django.contrib.auth.forms import UsernameField
from django.utils.translation import gettext_lazy as _

# allauth and fido2 catch some of what a senseless answer gives rise to, and let the rest through.
_SENSELESS = (ValueError, TypeError, LookupError, AttributeError, struct.error, InvalidSignature)


class PasswordForm(forms.Form):
    username = UsernameField(
        label=_("User name"),
        max_length=150,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=30,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


class CredentialField(forms.JSONField):
    """What a passkey answered: JSON that can be read, and that a column of PostgreSQL takes."""

    def to_python(self, value: Any) -> Any:
        try:
            answer = super().to_python(value)
            kept = json.dumps(answer, ensure_ascii=False, allow_nan=False)
            kept.encode()  # half a surrogate pair is no text
        except (ValueError, RecursionError):  # too long a number, or nested too deep
            raise self._unreadable() from None
        if r"\u0000" in kept:
            raise self._unreadable()
        return answer

    def _unreadable(self) -> forms.ValidationError:
        return forms.ValidationError(self.error_messages["invalid"], code="invalid")


class PasskeyForm(AuthenticateWebAuthnForm):
    """A passkey's answer to our challenge; `factor` is which passkey it is."""

    credential = CredentialField(widget=forms.HiddenInput)

    def clean_credential(self) -> Authenticator:
        with _senseless_is_wrong():
            return super().clean_credential()


class NewPasskeyForm(AddWebAuthnForm):
    """A new passkey's registration, and what its owner calls it."""

    name = forms.CharField(label=_("Name of the passkey"), max_length=100, required=False)
    credential = CredentialField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        with _senseless_is_wrong():
            return dict(super().clean())


@contextmanager
def _senseless_is_wrong() -> Iterator[None]:
    try:
        yield
    except _SENSELESS:
        raise forms.ValidationError(_("The passkey's answer could not be read.")) from None

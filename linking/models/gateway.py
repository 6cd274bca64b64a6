"""What is remembered about ID-porten: rows without people, gone after minutes."""

from datetime import timedelta
from typing import ClassVar

from django.db import models

from accounts.models import Organisation

SIGN_IN_LIFETIME = timedelta(minutes=10)


class AuthorizationRequestManager(models.Manager["AuthorizationRequest"]):
    def take(
        self, *, state_hash: bytes, browser_hash: bytes, organisation: Organisation
    ) -> "AuthorizationRequest | None":
        """Give the row and delete it, in one statement: of two callbacks at once one gets it."""
        taken = self.raw(
            "DELETE FROM linking_authorizationrequest"
            " WHERE state_hash = %s AND browser_hash = %s AND organisation_id = %s RETURNING *",
            [state_hash, browser_hash, organisation.pk],
        )
        return next(iter(taken), None)


class AuthorizationRequest(models.Model):
    """One sign-in under way: what the answer must fit, and in which browser (H-30).

    Neither `state` nor the browser's secret is here, only their hashes. No two have the same
    `request_uri` (H-43).
    """

    state_hash = models.BinaryField(max_length=32, unique=True)
    browser_hash = models.BinaryField(max_length=32)
    request_uri_hash = models.BinaryField(max_length=32, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=43)
    verifier = models.CharField(max_length=43)
    client_key = models.CharField(max_length=255)
    level = models.CharField(max_length=20)
    fresh = models.BooleanField()
    next_url = models.CharField(max_length=2001)
    started_at = models.DateTimeField(db_index=True)

    objects: ClassVar[AuthorizationRequestManager] = AuthorizationRequestManager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"sign-in started {self.started_at:%Y-%m-%d %H:%M:%S}"


class GatewayDocument(models.Model):
    """Discovery or key set as last fetched and found good: the copy that all processes share."""

    class Kind(models.TextChoices):
        METADATA = "metadata"
        JWKS = "jwks"

    kind = models.CharField(max_length=10, choices=Kind)
    issuer = models.CharField(max_length=500)
    body = models.BinaryField()
    fetched_at = models.DateTimeField()
    asked_at = models.DateTimeField(null=True)
    """When it was last asked for out of turn, because of an unknown `kid`."""

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["kind", "issuer"], name="gateway_document_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.issuer}"


class UsedLogoutToken(models.Model):
    """A logout token that has been acted on, until it would be too old anyway (H-46)."""

    jti_hash = models.BinaryField(max_length=32, unique=True)
    used_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"used {self.used_at:%Y-%m-%d %H:%M:%S}"

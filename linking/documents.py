"""ID-porten's discovery document and key set: one good copy in PostgreSQL, shared by all processes.

In front of it stands this process's memory, for a minute: a sign-in asks PostgreSQL for neither.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.core.cache import caches
from django.db import transaction
from django.db.models import Q, QuerySet

from linking import authorization, http, jose
from linking.models import GatewayDocument
from linking.refusals import ProviderUnavailable, Refused

NEAR_SECONDS = 60
METADATA_LIFETIME = timedelta(hours=1)
KEYS_LIFETIME = timedelta(hours=24)
GRACE = timedelta(hours=24)  # past its lifetime, while a document cannot be had anew
# Unknown kids cannot make us hammer the gateway (H-06).
ASK_AGAIN_AFTER = timedelta(minutes=1)

logger = logging.getLogger(__name__)

_read_keys = lru_cache(maxsize=4)(jose.parse_jwks)
_read_metadata = lru_cache(maxsize=4)(authorization.parse_metadata)


def provider(*, now: datetime) -> authorization.Provider:
    """Give the endpoints from discovery, which is fetched once an hour.

    Raises:
        ProviderUnavailable, ProviderMisconfigured.
    """
    return _read_metadata(_metadata().body(now=now), issuer=settings.IDPORTEN_ISSUER)


def signing_keys(*, now: datetime) -> jose.Keys:
    """Give ID-porten's keys, which are fetched once a day.

    Raises:
        ProviderUnavailable, ProviderMisconfigured: they are needed and cannot be had.
    """
    return _read_keys(_key_set(now).body(now=now))


def newer_signing_keys(*, now: datetime) -> jose.Keys:
    """Give ID-porten's keys after an unknown `kid`: fetched anew, at most once a minute.

    Raises:
        ProviderUnavailable, ProviderMisconfigured.
    """
    return _read_keys(_key_set(now).newer_body(now=now))


def _metadata() -> "_Document":
    return _Document(
        kind=GatewayDocument.Kind.METADATA,
        address=lambda: f"{settings.IDPORTEN_ISSUER}/.well-known/openid-configuration",
        lifetime=METADATA_LIFETIME,
        read=lambda body: _read_metadata(body, issuer=settings.IDPORTEN_ISSUER),
    )


def _key_set(now: datetime) -> "_Document":
    return _Document(
        kind=GatewayDocument.Kind.JWKS,
        address=lambda: provider(now=now).jwks_uri,
        lifetime=KEYS_LIFETIME,
        read=_read_keys,
    )


@dataclass(frozen=True, slots=True)
class _Document:
    """One document, from the nearest place that has it."""

    kind: GatewayDocument.Kind
    address: Callable[[], str]
    lifetime: timedelta
    read: Callable[[bytes], object]
    """Raises what a bad one is refused with; such a one is never kept."""

    def body(self, *, now: datetime) -> bytes:
        near: bytes | None = caches["near"].get(self._cache_key)
        if near is not None:
            return near
        return self._keep_near(self._shared(now=now) or self._renewed(now=now))

    def newer_body(self, *, now: datetime) -> bytes:
        """Give what was fetched in the last minute, by whomever; fetched now if nobody did.

        One asks, and whoever comes at the same moment waits for what it gets.
        """
        unasked = Q(asked_at__isnull=True) | Q(asked_at__lte=now - ASK_AGAIN_AFTER)
        refusal: Refused | None = None
        with transaction.atomic():
            self._rows.select_for_update().first()
            if self._rows.filter(unasked).update(asked_at=now):
                try:
                    self._fetch(now=now)
                except Refused as reason:  # raised later: that it was asked for stays noted
                    refusal = reason
        caches["near"].delete(self._cache_key)
        if refusal is not None:
            raise refusal
        return self.body(now=now)

    def _renewed(self, *, now: datetime) -> bytes:
        """Fetch it; where that fails, the old copy is good for another day (H-12)."""
        try:
            return self._fetch(now=now)
        except Refused as refusal:
            old = self._shared(now=now - GRACE)
            if old is None:
                raise
            logger.warning("ID-porten's %s cannot be renewed: %s", self.kind, refusal.reason)
            return old

    def _shared(self, *, now: datetime) -> bytes | None:
        current = self._rows.filter(fetched_at__gt=now - self.lifetime)
        body = current.values_list("body", flat=True).first()
        return None if body is None else bytes(body)

    def _fetch(self, *, now: datetime) -> bytes:
        answer = http.get(self.address())
        if answer.status != 200:
            raise ProviderUnavailable
        self.read(answer.body)
        GatewayDocument.objects.update_or_create(
            kind=self.kind,
            issuer=settings.IDPORTEN_ISSUER,
            defaults={"body": answer.body, "fetched_at": now},
        )
        return answer.body

    def _keep_near(self, body: bytes) -> bytes:
        caches["near"].set(self._cache_key, body, NEAR_SECONDS)
        return body

    @property
    def _rows(self) -> QuerySet[GatewayDocument]:
        return GatewayDocument.objects.filter(kind=self.kind, issuer=settings.IDPORTEN_ISSUER)

    @property
    def _cache_key(self) -> str:
        return f"idporten:{self.kind}:{settings.IDPORTEN_ISSUER}"

"""Sessions in PostgreSQL that know whose they are: SESSION_ENGINE is this module."""

from datetime import timedelta
from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.contrib.sessions.exceptions import SessionInterrupted
from django.db import InterfaceError, OperationalError, models
from django.utils import timezone
from django.utils.crypto import get_random_string

# ID-porten's own session lasts two hours at most; a working day is enough for the portal's.
ABSOLUTE_LIFETIME = timedelta(hours=10)
OIDC_SID = "oidc_sid"
# With which level of assurance the eID opened the session, and when it was used for that.
LEVEL = "level"
EID_USED_AT = "eid_used_at"


class UserSession(AbstractBaseSession):
    """A session, found by its user and by ID-porten's `sid` as well as by its key."""

    user = models.ForeignKey(
        "accounts.User", on_delete=models.CASCADE, null=True, related_name="sessions"
    )
    oidc_sid = models.CharField(max_length=255, blank=True)
    started_at = models.DateTimeField(default=timezone.now)

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        app_label = "accounts"
        indexes = (
            models.Index(
                fields=["oidc_sid"], name="session_by_sid", condition=~models.Q(oidc_sid="")
            ),
        )

    def __str__(self) -> str:
        """Not the key, as Django's: whoever reads it, in a list of what a deletion takes, is in."""
        return f"{self.started_at:%Y-%m-%d %H:%M}"

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        return SessionStore


class SessionStore(DatabaseStore):
    """Django's database sessions with an owner, ID-porten's `sid` and an absolute end."""

    @classmethod
    def get_model_class(cls) -> type[UserSession]:
        return UserSession

    def _get_session_from_db(self) -> UserSession | None:
        session = cast("UserSession | None", super()._get_session_from_db())  # type: ignore[misc]  # Django's own, not in the stubs
        if session is not None and session.started_at + ABSOLUTE_LIFETIME < timezone.now():
            self._session_key = None
            return None
        self._started_at = session.started_at if session is not None else None
        return session

    def create_model_instance(self, data: dict[str, Any]) -> UserSession:
        session = cast("UserSession", super().create_model_instance(data))
        session.user_id = data.get(SESSION_KEY)
        session.oidc_sid = data.get(OIDC_SID, "")
        session.started_at = getattr(self, "_started_at", None) or timezone.now()
        return session

    def cycle_key(self) -> None:
        """Give the session a new key by one UPDATE of its row (threats.md A-18).

        The stored row keeps its place, so a session that somebody ended meanwhile stays ended.
        """
        data = dict(self.items())  # loaded before the key is lost
        new_key = self._get_new_session_key()
        renamed = UserSession.objects.filter(session_key=self.session_key).update(
            session_key=new_key, started_at=timezone.now()
        )
        if renamed:
            self._session_key = new_key
            self._started_at = timezone.now()
            self.modified = True
        elif OIDC_SID in data or SESSION_KEY in data:
            raise SessionInterrupted("The session was ended meanwhile.")
        else:
            self._started_at = None
            self.create()
        self._session_cache = data

    def save(self, must_create: bool = False) -> None:  # noqa: FBT001, FBT002  # Django's
        """Save as Django does, but tell a database that is away from a session that was ended.

        Raises:
            OperationalError: the database is away; Django would say that the session is gone.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError | InterfaceError):
                raise error.__context__ from None
            raise

    def flush(self) -> None:
        super().flush()
        self._started_at = None  # what follows is another session, and new

    def _validate_session_key(self, key: str | None) -> bool:
        """Ours alone: a cookie may bring what no database column takes."""
        return bool(key) and str(key).isascii() and str(key).isalnum()

    def _get_new_session_key(self) -> str:
        # 165 random bits never collide; asking the table first would be a query for nothing.
        return get_random_string(32)

"""ID-porten's own single sign-on sessions: 30 minutes idle, 120 at most."""

import secrets
from dataclasses import dataclass, replace
from threading import Lock

from devtools.idporten.levels import Eid
from devtools.idporten.people import Person
from devtools.idporten.stores import Clock, ExpiringStore

IDLE_SECONDS = 30 * 60
MAX_SECONDS = 120 * 60


@dataclass(frozen=True)
class SsoSession:
    """Somebody signed in here with one browser."""

    sid: str
    cookie: str
    person: Person
    eid: Eid
    auth_time: int
    used_at: float
    subjects: tuple[tuple[str, str], ...] = ()
    """The clients that were told of it, each with the subject it knows the person by."""


class SsoSessions:
    """The live sessions, found by the browser's cookie or by `sid`."""

    def __init__(self, now: Clock) -> None:
        self._now = now
        self._by_cookie: ExpiringStore[SsoSession] = ExpiringStore(now, lifetime=MAX_SECONDS)
        self._lock = Lock()

    def authenticated(self, person: Person, eid: Eid, cookie: str | None) -> SsoSession:
        """A fresh authentication.

        The same person's session keeps its `sid` (a step-up, or prompt=login); anybody else's in
        the same browser is over. The cookie is new each time.
        """
        now = self._now()
        session = SsoSession(
            secrets.token_urlsafe(32), secrets.token_urlsafe(32), person, eid, int(now), now
        )
        with self._lock:
            old = self._live(cookie)
            if old:
                self._by_cookie.take(old.cookie)
            if old and old.person.key == person.key:
                session = replace(session, sid=old.sid, subjects=old.subjects)
            self._by_cookie.put(session.cookie, session)
        return session

    def use(self, cookie: str | None, client_id: str, subject: str) -> SsoSession | None:
        """The live session, noted as used now by this client; None when there is none."""
        with self._lock:
            session = self._live(cookie)
            if session is None:
                return None
            known = dict(session.subjects) | {client_id: subject}
            used = replace(session, used_at=self._now(), subjects=tuple(known.items()))
            self._by_cookie.replace(session.cookie, used)
            return used

    def find(self, cookie: str | None) -> SsoSession | None:
        """The browser's live session."""
        with self._lock:
            return self._live(cookie)

    def end(self, *, cookie: str | None, sid: str | None) -> SsoSession | None:
        """Remove and give the session with this `sid`, or else the browser's; None if none is."""
        with self._lock:
            session = self._with_sid(sid) if sid else self._live(cookie)
            if session:
                self._by_cookie.take(session.cookie)
            return session

    def _live(self, cookie: str | None) -> SsoSession | None:
        session = self._by_cookie.get(cookie) if cookie else None
        return session if session and session.used_at + IDLE_SECONDS > self._now() else None

    def _with_sid(self, sid: str) -> SsoSession | None:
        live = (self._live(session.cookie) for session in self._by_cookie.values())
        return next((session for session in live if session and session.sid == sid), None)

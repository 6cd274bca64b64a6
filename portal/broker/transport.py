"""The kombu transport over `queue.py`: what Celery calls."""

import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty
from threading import Event, RLock
from typing import Any, ClassVar

import psycopg
from kombu.transport import base, virtual

from portal.broker import queue as pgqueue

# A living consumer lengthens its leases each third of this, however long a task lasts: the pool's
# processes work, and this one keeps. It must only be longer than the consumer may be held up.
LEASE_SECONDS = 30
# How long to wait for a notice before looking again: nobody announces a lease that ran out.
LOOK_AGAIN_SECONDS = 1.0


class QoS(virtual.QoS):
    """Which messages this channel holds; the lease in the table follows."""

    def ack(self, delivery_tag: str) -> None:
        self._end(delivery_tag, pgqueue.finish)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001, FBT002
        self._end(delivery_tag, pgqueue.give_back if requeue else pgqueue.finish)

    def _end(self, delivery_tag: str, change: Callable[[pgqueue.Connection, str], None]) -> None:
        try:
            self.channel.run(lambda connection: change(connection, delivery_tag))
        finally:
            # Also where the server is away: a message held for ever would never be free again.
            super().ack(delivery_tag)
            self.channel.connection.has_room.set()

    def held(self) -> list[str]:
        """Give the tags that are neither done nor given back."""
        return [tag for tag in list(self._delivered) if tag not in self._dirty]


class Channel(virtual.Channel):
    """One consumer or publisher. Queues need no declaration, and there is no fanout."""

    QoS = QoS

    def run[T](self, statement: Callable[[pgqueue.Connection], T]) -> T:
        """Run on the transport's connection.

        Raises:
            psycopg.OperationalError: the connection broke; the next call opens another.
        """
        result: T = self.connection.run(statement)
        return result

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        message = self.run(
            lambda connection: pgqueue.take(connection, queue, lease=self.connection.lease)
        )
        if message is None:
            raise Empty
        return message

    def _put(self, queue: str, message: dict[str, Any], **_options: Any) -> None:
        self.run(lambda connection: pgqueue.put(connection, queue, message))

    def _size(self, queue: str) -> int:
        return self.run(lambda connection: pgqueue.count(connection, queue))

    def _purge(self, queue: str) -> int:
        return self.run(lambda connection: pgqueue.purge(connection, queue))

    def _restore(self, message: virtual.Message) -> None:
        self.run(lambda connection: pgqueue.give_back(connection, message.delivery_tag))

    def keep_leases(self) -> None:
        """Lengthen what this channel holds: a task with a late `eta` waits in the worker."""
        held = self.qos.held()
        if held:
            self.run(lambda connection: pgqueue.keep(connection, held, lease=self.connection.lease))

    def is_full(self) -> bool:
        return bool(self._consumers) and not self.qos.can_consume()


class Transport(virtual.Transport):
    """One connection for statements, and one that only listens."""

    Channel = Channel
    driver_type = "postgresql"  # not one that Celery believes to have fanout
    driver_name = "psycopg"
    connection_errors = (psycopg.OperationalError, psycopg.InterfaceError, OSError)
    channel_errors = (psycopg.DataError, psycopg.ProgrammingError)
    implements = base.Transport.implements.extend(
        asynchronous=False, exchange_type=frozenset(["direct", "topic"]), heartbeats=False
    )

    default_connection_params: ClassVar[dict[str, Any]] = {}  # they are Django's

    def __init__(self, client: Any, **options: Any) -> None:
        if client.hostname:
            raise ValueError(
                "The queue is in the database of DATABASE_URL: CELERY_BROKER_URL has no host of "
                "its own. Write postgresql://"
            )
        super().__init__(client, **options)
        self._connection: pgqueue.Connection | None = None
        self._listener: pgqueue.Connection | None = None
        self.has_room = Event()  # set where a message was finished: a full channel may take more
        self._lock = RLock()  # the pool's thread acknowledges while the consumer takes
        # Seconds, of CELERY_BROKER_TRANSPORT_OPTIONS.
        self.lease = float(client.transport_options.get("visibility_timeout", LEASE_SECONDS))
        self._kept_at = time.monotonic()

    def driver_version(self) -> str:
        return psycopg.__version__

    def establish_connection(self) -> Any:
        self.run(lambda connection: connection.execute("SELECT 1"))
        return super().establish_connection()

    def verify_connection(self, _connection: Any) -> bool:
        return self._connection is not None and not self._connection.broken

    def close_connection(self, connection: Any) -> None:
        # What was held is free again when its lease runs out, if the server is away just now.
        with suppress(*self.connection_errors):
            super().close_connection(connection)
        self._drop()

    def run[T](self, statement: Callable[[pgqueue.Connection], T]) -> T:
        """Run a statement; a broken connection is dropped, so that the next call opens another."""
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            try:
                return statement(self._connection)
            except psycopg.OperationalError:
                self._connection.close()
                self._connection = None
                raise

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:
        """Deliver one message, waiting up to `timeout` seconds.

        Raises:
            TimeoutError: none came.
            psycopg.OperationalError: the server went away.
        """
        listener = self._listen()  # before looking, so that nothing slips in between
        started = time.monotonic()
        while True:
            self._keep_leases()
            self.has_room.clear()
            try:
                self.cycle.get(self._deliver, timeout=timeout)
            except Empty:
                left = min(LOOK_AGAIN_SECONDS, self.lease / 3)
                if timeout is not None:
                    left = min(left, started + timeout - time.monotonic())
                if left <= 0:
                    raise TimeoutError from None
                if any(channel.is_full() for channel in self.channels):
                    self.has_room.wait(left)
                else:
                    pgqueue.wait_for_message(listener, seconds=left)
            else:
                return

    def _keep_leases(self) -> None:
        if time.monotonic() - self._kept_at > self.lease / 3:
            self._kept_at = time.monotonic()
            for channel in self.channels:
                channel.keep_leases()

    def _listen(self) -> pgqueue.Connection:
        with self._lock:
            if self._listener is None or self._listener.closed:
                self._listener = self._connect()
                self._listener.execute(f"LISTEN {pgqueue.CHANNEL}")
            return self._listener

    def _connect(self) -> pgqueue.Connection:
        return pgqueue.connect(timeout=self.client.connect_timeout or 5)

    def _drop(self) -> None:
        with self._lock:
            for connection in (self._connection, self._listener):
                if connection is not None:
                    connection.close()
            self._connection = self._listener = None

"""Leaves nothing at a broker that others use too."""

import redis

from portal.celery import app


def delete_queue() -> None:
    """Delete the queue of the settings at a server of queues; a database goes as a whole."""
    name, url = str(app.conf.task_default_queue), str(app.conf.broker_url)
    if url.startswith(("redis://", "rediss://")):
        with redis.Redis.from_url(url) as server:
            for key in server.scan_iter(match=f"{name}:*"):
                server.delete(key)
    elif url.startswith(("amqp://", "amqps://")):
        with app.connection_for_write() as connection, connection.channel() as channel:
            channel.queue_delete(name)
            channel.exchange_delete(name)

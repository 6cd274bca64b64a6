#!/bin/sh
# Runs the whole suite on the PostgreSQL server of this machine, once with each broker that answers.
# In CI (CI=true) all three must be there; elsewhere what is missing is said. Usage: services.sh ARGS
set -eu

python=.venv/bin/python
answers() {
    "$python" -c "import socket; socket.create_connection(('127.0.0.1', $1), 2)" 2>/dev/null
}
logs_in() {
    "$python" -c "import psycopg, sys; psycopg.connect(sys.argv[1], connect_timeout=2)" "$1" 2>/dev/null
}
missing() {
    echo "test-services: no $1 on this machine."
    if [ "${CI:-}" = true ]; then
        echo "test-services: CI needs all of PostgreSQL, Redis and RabbitMQ." >&2
        exit 1
    fi
}

url=
for user in "$(id -un)" postgres; do
    candidate="postgresql://$user@127.0.0.1:5432/postgres"
    if logs_in "$candidate"; then
        url=$candidate
        break
    fi
done
if [ -z "$url" ]; then
    missing "PostgreSQL server (127.0.0.1:5432, local trust)"
    echo "test-services: nothing to run."
    exit 0
fi
echo "test-services: PostgreSQL server at 127.0.0.1:5432"

ran=0
if answers 6379; then
    echo "test-services: the suite on this PostgreSQL, with Redis as broker"
    DATABASE_URL=$url CELERY_BROKER_URL=redis://127.0.0.1:6379/1 "$python" -m pytest "$@"
    ran=1
else
    missing "Redis (127.0.0.1:6379)"
fi
if answers 5672; then
    echo "test-services: the suite on this PostgreSQL, with RabbitMQ as broker"
    DATABASE_URL=$url CELERY_BROKER_URL=amqp://guest:guest@127.0.0.1:5672// "$python" -m pytest "$@"
    ran=1
else
    missing "RabbitMQ (127.0.0.1:5672)"
fi
if [ "$ran" = 0 ]; then
    echo "test-services: the suite on this PostgreSQL, with the queue in it"
    DATABASE_URL=$url "$python" -m pytest "$@"
fi

"""For whatever watches the portal: is it alive, and can it work?"""

from celery import current_app
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from linking.fingerprint_keys import keys_in_use
from linking.refusals import FingerprintKeysUnfit


@require_safe
def alive(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """Answer 200 where all of it is well, else 503 and what is not."""
    checks = {"database": _database(), "migrations": False, "broker": _broker(), "keys": False}
    if checks["database"]:
        checks["migrations"] = _migrations()
        checks["keys"] = checks["migrations"] and _keys()
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _keys() -> bool:
    try:
        keys_in_use()
    except FingerprintKeysUnfit:
        return False
    return True


def _broker() -> bool:
    try:
        with current_app.connection_for_write(connect_timeout=2) as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
    except (OperationalError, OSError):
        return False
    return True

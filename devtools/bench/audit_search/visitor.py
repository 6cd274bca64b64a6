"""Somebody signed in to the administration, who searches the log and looks at the clock."""

import json
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import django
from django.conf import settings
from django.db import connection

from devtools.bench.administration.visitor import PLACES, opened, signed_in
from devtools.bench.audit_search.searches import Known, searches


def measure(viewer: str, *, runs: int, warm_up: int) -> list[dict[str, Any]]:
    """Give, of each search, the times of `runs` rounds in milliseconds, and its statements."""
    client = signed_in(viewer)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE audit_auditevent")
    return opened(client, searches(_known(PLACES[viewer][1])), runs, warm_up)


def _known(slug: str) -> Known:
    # Django's models can be imported only when it has been set up.
    from django.utils import timezone  # noqa: PLC0415

    from accounts.models import Organisation  # noqa: PLC0415
    from audit.models import AuditEvent  # noqa: PLC0415
    from linking.logbook.query import Position  # noqa: PLC0415

    place = Organisation.objects.get(slug=slug or "kommune-7")
    log: Any = AuditEvent.objects.order_by("-at", "-id")
    rows: Any = log.filter(organisation_id=place.pk)
    now = timezone.now()
    signed_in_here = rows.filter(event="sign-in:done")
    of_an_administrator = (
        rows.filter(event="employee:changed").first()
        or log.filter(event="employee:changed").first()
    )
    from_somewhere = rows.exclude(network="")
    year_ago = now - timedelta(days=365)
    return Known(
        person=str(signed_in_here.last().employee_id),
        busy=str(_most(signed_in_here[:20_000], "employee_id")),
        actor=of_an_administrator.actor.partition(":")[2],
        reference=rows.exclude(reference="").first().reference,
        network=from_somewhere[:10][1].pk,
        common_network=from_somewhere.filter(network=_most(from_somewhere[:20_000], "network"))
        .first()
        .pk,
        organisation=str(place.pk),
        event=signed_in_here.first().pk,
        older=Position(year_ago, 0).text,
        hour=f"since={_local(year_ago)}&until={_local(year_ago + timedelta(hours=1))}",
    )


def _most(rows: Any, column: str) -> Any:
    """Give what stands most often in a column."""
    return Counter(rows.values_list(column, flat=True)).most_common(1)[0][0]


def _local(moment: Any) -> str:
    from django.utils import timezone  # noqa: PLC0415

    return timezone.localtime(moment).replace(tzinfo=None).isoformat(timespec="seconds")


def main() -> None:
    django.setup()
    settings.DEBUG = False  # else each statement is written out and kept, as in no production
    for line in sys.stdin:
        asked = json.loads(line)
        answer = measure(asked["viewer"], runs=int(asked["runs"]), warm_up=int(asked["warm_up"]))
        print(json.dumps({"pages": answer}), flush=True)


if __name__ == "__main__":
    main()

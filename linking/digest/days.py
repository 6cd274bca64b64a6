"""The days that a digest counts: those of Norway."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """Give when a day begins, and when the next one does."""
    midnight = timezone.make_aware(datetime.combine(day, time()))
    return midnight, timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))

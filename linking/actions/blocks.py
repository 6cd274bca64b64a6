"""Blocks are made by tries (`tries.py`) and lifted by administrators."""

from datetime import datetime

from django.db import transaction

from audit.events import Event
from audit.log import record
from linking.models import Block


@transaction.atomic
def lift_block(block: Block, *, by: str, reason: str, now: datetime) -> bool:
    """Let the subject of a block type codes again; False where it held no more."""
    lifted = Block.objects.filter(Block.in_force(now), pk=block.pk)
    if not lifted.update(lifted_at=now, lifted_by=by, lift_reason=reason[:500]):
        return False
    record(
        Event.BLOCK_LIFTED,
        by=by,
        now=now,
        organisation=block.organisation_id,
        employee=block.employee_id,
        reason=block.budget,
        why=reason[:500],
    )
    return True

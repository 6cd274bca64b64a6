"""The whole journey in any order, against an oracle that shares no code with us.

Hypothesis chooses who asks, types, leaves, comes back and is revoked, in which of two browsers and
organisations, and how the clock jumps. After each step the rows, the pages and the events must be
what `model.py` says, and `ledger.py` finds nothing above the budgets.

A build goes the same ways each time. A long run draws anew:
`MACHINE_EXAMPLES=2000 MACHINE_STEPS=60 make test ARGS="-k state_machine"`.
A failing sequence is printed as a program of its own, with the blob that plays it again.
"""

import os
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from devtools.mailbox import Mailbox
from tests.journeys.machine import Journey
from tests.journeys.stage import START

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "25"))
STEPS = int(os.environ.get("MACHINE_STEPS", "35"))


@pytest.mark.django_db(transaction=True)
def test_whatever_the_sequence_the_rows_and_pages_are_what_the_oracle_says(
    idporten: Any, mailbox: Mailbox
) -> None:
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        print_blob=True,
        derandomize="MACHINE_EXAMPLES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    with time_machine.travel(START, tick=False) as clock:

        class Run(Journey):
            def __init__(self) -> None:
                super().__init__(clock, mailbox)

        run_state_machine_as_test(Run, settings=profile)

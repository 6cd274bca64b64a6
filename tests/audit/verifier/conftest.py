"""The logs that the attacks are tried on."""

from datetime import timedelta

import pytest

from tests.audit.logs import Log
from tests.audit.verifier.attacks import COLLEAGUE, OUTSIDER, OWNER, A, B


@pytest.fixture
def log() -> Log:
    """Four rounds: two with events of A, B and the portal, one idle, one of A alone."""
    log = Log()
    for _round in range(2):
        log.record(organisation=A, employee=OWNER, eid="BankID")
        log.record("link:made", organisation=A, employee=COLLEAGUE, kept="decision")
        log.record(organisation=A, employee=COLLEAGUE, eid="MinID")
        log.record(organisation=B, employee=OUTSIDER)
        log.record("key:used")
        log.seal()
    log.seal()
    log.record(organisation=A, employee=OWNER, eid="Buypass")
    log.seal()
    return log


@pytest.fixture
def old_log(log: Log) -> Log:
    """The same, and more than a month later."""
    log.seal(after=timedelta(days=40))
    return log

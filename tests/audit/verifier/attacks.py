"""What an attack takes hold of in an export, and what the verifier says to it."""

from audit.verifier import Finding, Kind, Report
from tests.audit.logs import ORGANISATIONS, PEOPLE, Line, finished, statement

A, B, _C = ORGANISATIONS
OWNER, COLLEAGUE, OUTSIDER = PEOPLE[:3]


def place(lines: list[Line], event_id: int) -> int:
    return next(n for n, line in enumerate(lines) if line.get("id") == event_id)


def place_of_seal(lines: list[Line], chain: object, number: int) -> int:
    return next(
        place
        for place, line in enumerate(lines)
        if line["type"] == "seal"
        and (statement(line)["chain"], statement(line)["number"]) == (str(chain), number)
    )


def without(lines: list[Line], *places: int) -> list[Line]:
    return finished([x for n, x in enumerate(lines[:-1]) if n not in places])


def the_one(report: Report) -> Finding:
    assert len(report.findings) == 1, [each.sentence for each in report.findings]
    return report.findings[0]


def kinds(report: Report) -> list[Kind]:
    return [each.kind for each in report.findings]

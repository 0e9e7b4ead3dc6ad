"""How many tests a person may send to their channels: each has an address that they chose."""

import json
from datetime import datetime, timedelta

from function_app.problems import HTTPProblemError
from function_app.storage.errors import StorageUnavailableError
from function_app.storage.table_store import TableStore
from photo_wire.moment import format_time, parse_time

TESTS = "TESTS"  # the partition; a key is the person's name
MAX_TESTS, PERIOD = 5, timedelta(minutes=1)
_ATTEMPTS = 10


def count_test(table: TableStore, person: str, now: datetime) -> None:
    """Count a test that is about to be sent. Raises HTTPProblemError (429) if there were MAX_TESTS
    within PERIOD, and StorageUnavailableError."""
    for _ in range(_ATTEMPTS):
        row = table.get(TESTS, person)
        sent = [parse_time(one) for one in json.loads(row.properties["at"])] if row else []
        recent = [one for one in sent if now - one < PERIOD]
        if len(recent) >= MAX_TESTS:
            wait = int((recent[0] + PERIOD - now).total_seconds()) + 1
            detail = f"At most {MAX_TESTS} tests a minute: try again in {wait} s."
            raise HTTPProblemError(429, detail, {"Retry-After": str(wait)})
        properties = {"at": json.dumps([format_time(one) for one in (*recent, now)])}
        if (
            table.replace(TESTS, row, properties)
            if row
            else table.insert(TESTS, person, properties)
        ):
            return
    raise StorageUnavailableError("the tests of this person are counted too often at once")


def forget(table: TableStore, person: str) -> None:
    """Remove what is counted of a person. Raises StorageUnavailableError."""
    table.remove(TESTS, person)

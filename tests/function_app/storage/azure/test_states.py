"""What was last seen of a camera is written in order."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from function_app.storage.azure import states
from function_app.storage.azure.photo_table import Row
from function_app.storage.azure.states import LastSeenWriter
from function_app.storage.errors import StorageUnavailableError
from photo_wire.moment import format_time
from tests.support.api import MOMENT


class TestLastSeen:
    """The order in which a process writes what was last seen."""

    @staticmethod
    def note(second: int) -> dict[str, str]:
        return {"RowKey": "m~gate~seen", "listed_at": format_time(MOMENT + timedelta(0, second))}

    def test_a_row_that_was_not_written_does_not_count(self) -> None:
        """The photo was listed already, or storage was away."""
        last_seen, written = LastSeenWriter(), list[Row]()

        def write(note: Row) -> bool:
            written.append(note)
            return True

        assert not last_seen.write(self.note(2), lambda note: False)
        with pytest.raises(StorageUnavailableError):
            last_seen.write(self.note(3), fail)
        for second in (1, 4, 2):
            assert last_seen.write(self.note(second), write)
        last_seen.forget("m~gate~seen")
        assert last_seen.write(self.note(3), write)
        assert written == [self.note(second) for second in (1, 4, 4, 3)]

    def test_a_stalled_transaction_delays_no_photo_for_long(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It is waited for, and then not any more."""
        monkeypatch.setattr(states, "MAX_WAIT_SECONDS", 0.01)
        last_seen, is_stalled, may_end = LastSeenWriter(), threading.Event(), threading.Event()

        def stall(note: Row) -> bool:
            is_stalled.set()
            return may_end.wait(60)

        with ThreadPoolExecutor(1) as pool:
            stalled = pool.submit(last_seen.write, self.note(1), stall)
            assert is_stalled.wait(60)
            assert last_seen.write(self.note(2), lambda note: True)
            may_end.set()
            assert stalled.result(60)
        written: list[Row] = []

        def write(note: Row) -> bool:
            written.append(note)
            return True

        last_seen.write(self.note(1), write)
        assert written == [self.note(2)]


def fail(note: Row) -> bool:
    raise StorageUnavailableError("away")

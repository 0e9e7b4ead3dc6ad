"""How long to wait before a start that failed is tried again.

systemd starts a service that ended after a fixed pause; on a Pi Zero, starting takes all of the
processor for some seconds. So a capture that cannot start ends later each time.
"""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pi_uploader.backoff import backoff
from pi_uploader.state_files import read_json, write_json_atomically

FIRST_DELAY, MAX_DELAY = 5.0, 120.0  # seconds; the unit's TimeoutStartSec has to be longer

log = logging.getLogger("capture")


class StartBackoff:
    """Counts failed starts in a row, in a file of the service's state directory. Without such a
    directory nothing is known of earlier starts, and nobody waits: `pi-uploader run` does that
    itself."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        folder = environ.get("STATE_DIRECTORY", "").partition(":")[0]
        self._file = Path(folder) / "failed-capture-starts" if folder else None

    def next_delay(self) -> float:
        """Count one more failed start; return the seconds to wait before this process ends."""
        if self._file is None:
            return 0.0
        failures = 0
        with suppress(OSError, ValueError, TypeError, OverflowError):
            failures = int(read_json(self._file))
        with suppress(OSError):
            write_json_atomically(self._file, failures + 1)
        return backoff(failures, FIRST_DELAY, MAX_DELAY)  # none at first: someone may be watching

    def wait(self, error: Exception, stop: threading.Event) -> None:
        """Count one more failed start, and wait until this process may end, or `stop` is set."""
        delay = 0.0 if stop.is_set() else self.next_delay()
        if delay:
            log.error("the start failed: %s; it is tried again in %g s", error, delay)
            stop.wait(delay)

    def reset(self) -> None:
        """Forget the failed starts, after one that did not fail."""
        if self._file:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)

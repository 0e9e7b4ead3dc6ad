"""How long to wait before a failed start is tried again.

systemd restarts a service after a fixed pause, and on a Pi Zero a start occupies the processor for
some seconds. So a capture process that cannot start waits before it exits, longer each time.
"""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pi_uploader.backoff import backoff
from pi_uploader.state_files import read_json, write_json_atomically

FIRST_DELAY_SECONDS = 5.0
MAX_DELAY_SECONDS = 120.0  # TimeoutStartSec of the systemd unit has to be longer

log = logging.getLogger("capture")


class StartBackoff:
    """Counts failed starts in a row, in a file of the service's state directory.

    Without a state directory no earlier start is known and nothing waits. `pi-uploader run` delays
    restarts itself.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        folder = environ.get("STATE_DIRECTORY", "").partition(":")[0]
        self._file = Path(folder) / "failed-capture-starts" if folder else None

    def next_delay(self) -> float:
        """Count one more failed start; return the seconds to wait before this process exits. The
        first one exits at once: somebody may be watching the start."""
        if self._file is None:
            return 0.0
        earlier = 0
        with suppress(OSError, ValueError, TypeError, OverflowError):
            earlier = int(read_json(self._file))
        with suppress(OSError):
            write_json_atomically(self._file, earlier + 1)
        return backoff(earlier, FIRST_DELAY_SECONDS, MAX_DELAY_SECONDS)

    def wait(self, error: Exception, stop: threading.Event) -> None:
        """Count one more failed start, and wait until this process may exit or `stop` is set."""
        delay = 0.0 if stop.is_set() else self.next_delay()
        if delay:
            log.error("the start failed: %s; it is tried again in %g s", error, delay)
            stop.wait(delay)

    def reset(self) -> None:
        """Forget the failed starts, after a successful one."""
        if self._file:
            with suppress(OSError):
                self._file.unlink(missing_ok=True)

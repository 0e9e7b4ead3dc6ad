"""The last lines that this process logged, in memory, for whoever asks for them."""

import logging
from collections import deque

MAX_LINES = 1000
MAX_BYTES = 256 * 1024  # of all lines together
MAX_LINE_BYTES = 4096  # of one line; the rest of it is cut off


class LogRing(logging.Handler):
    """Keeps the last lines of the log, at most MAX_LINES and MAX_BYTES, as UTF-8."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[bytes] = deque(maxlen=MAX_LINES)
        self._size = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record as one line; logging calls this with the handler's lock held."""
        try:
            line = self.format(record).encode(errors="backslashreplace")[:MAX_LINE_BYTES]
        except Exception:  # noqa: BLE001  a wrong message must not stop who logs it
            self.handleError(record)
            return
        if len(self._lines) == MAX_LINES:
            self._size -= len(self._lines.popleft())
        self._lines.append(line)
        self._size += len(line)
        while self._size > MAX_BYTES:
            self._size -= len(self._lines.popleft())

    def last(self, count: int) -> list[str]:
        """Return the last lines, at most `count`, the oldest first."""
        self.acquire()
        try:
            lines = list(self._lines)
        finally:
            self.release()
        return [line.decode(errors="replace") for line in lines[max(0, len(lines) - count) :]]


def last_lines(count: int) -> list[str]:
    """Return the last lines of this process's log, at most `count`; none without a LogRing."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, LogRing):
            return handler.last(count)
    return []

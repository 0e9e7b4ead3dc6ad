"""What a person sees: a line that moves on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Callable

MOVE = 0.1  # seconds between two states of a line on a terminal
PLAIN = 5.0  # seconds between two plain lines


class Screen:
    """Writes to standard output."""

    def __init__(self) -> None:
        self._moves = sys.stdout.isatty()
        self._shown_at = time.monotonic()

    def say(self, line: str = "") -> None:
        """A line that stays."""
        print(line, flush=True)

    def show(self, line: Callable[[], str], final: bool = False) -> None:
        """The state of things. It replaces the last one where it can; the `final` one stays. The
        line is only made if it is due."""
        if not final and time.monotonic() - self._shown_at < (MOVE if self._moves else PLAIN):
            return
        self._shown_at = time.monotonic()
        if self._moves:
            print(f"\r\033[K{line()}", end="\n" if final else "", flush=True)
        else:
            print(line(), flush=True)

"""Problems that last, each logged once."""

import logging


class ProblemLog:
    """Remembers the last problem of each kind of work, so that it is logged once until it is
    another one. Not thread-safe."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._problems: dict[str, str] = {}  # by what failed

    def is_new(self, what: str, problem: str) -> bool:
        """Record a problem; return whether the last one of `what` was another one, or none."""
        is_new = self._problems.get(what) != problem
        self._problems[what] = problem
        return is_new

    def warn(self, what: str, problem: str) -> None:
        """Log a problem, unless it was the last one of `what`, too."""
        if self.is_new(what, problem):
            self._log.warning("%s", problem)

    def forget(self, what: str, text: str = "") -> None:
        """Record that `what` works. If it did not before, log this text, if there is one."""
        if self._problems.pop(what, None) and text:
            self._log.info("%s", text)

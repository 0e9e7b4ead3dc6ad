"""Errors of requests, each kind logged once: clients can repeat what causes them."""

import logging

MAX_KINDS = 100


class ErrorLog:
    """Logs each kind of error once, MAX_KINDS at most."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._logged: set[str] = set()

    def log_once(self, text: str, error: Exception | None = None) -> None:
        """Log an error, with its traceback if there is one, unless its kind was logged before."""
        kind = f"{text} {type(error).__name__} {error}"
        if kind not in self._logged and len(self._logged) < MAX_KINDS:
            self._logged.add(kind)
            self._log.error("%s", text, exc_info=error)

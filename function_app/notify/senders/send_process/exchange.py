"""What the requests for one notification led to."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_SECONDS = 9.0  # of all requests for a notification: the parent ends what takes 10
MIN_SECONDS = 0.1


@dataclass
class Exchange:
    """How many requests there were, the status of the last response that was not a success (0 if
    there was none), its Retry-After in seconds, the beginning of its text (answer_text.py), and the
    name of the last error (failures.py).
    `is_mail` says whether the status is that of a mail server (RFC 5321)."""

    requests: int = 0
    status: int = 0
    retry_after: float | None = None
    answer: str = ""
    error: str = ""
    is_mail: bool = False
    _deadline: float = field(default_factory=lambda: time.monotonic() + MAX_SECONDS, compare=False)

    def reset(self) -> None:
        """Forget what was, and begin anew."""
        self.forget()
        self._deadline = time.monotonic() + MAX_SECONDS

    def forget(self) -> None:
        """Forget what was."""
        self.requests, self.status, self.retry_after = 0, 0, None
        self.answer, self.error, self.is_mail = "", "", False

    def seconds_left(self) -> float:
        """Return how long the next request may take."""
        return max(MIN_SECONDS, self._deadline - time.monotonic())

    def record(self, status: int, retry_after: str | None) -> None:
        """Remember a response of HTTP."""
        if not 200 <= status < 300:
            self.status, self.retry_after = status, parse_retry_after(retry_after)

    def record_mail(self, code: int) -> None:
        """Remember a reply of SMTP."""
        self.requests, self.is_mail = self.requests + 1, True
        if code >= 400:
            self.status = code


def parse_retry_after(text: str | None) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, section 10.2.3), a number or a date;
    None if it has none."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
        return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None

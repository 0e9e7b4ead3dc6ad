"""Who looked at which camera's day, as lines of the audit log: one an hour for each person,
network, camera and day, whatever the page showed of it, and however often.

The key of a line is made of the hour and of what it says. So whichever process writes it, and
however often, it is one line; and a process needs to read nothing
(docs/decisions/0136-one-line-an-hour.md).
"""

import secrets
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from function_app.auth.audit_log import LOOKED_AT_DAY, AuditLog, hour_of, hour_tag

MAX_CAMERAS = 20  # of a page, each with a line; more are one line
MAX_LINES = 50  # of a person in an hour; what follows is one line, with the first and the last day
ALL_CAMERAS, SEVERAL_CAMERAS = "all cameras", "several cameras"


@dataclass(frozen=True, slots=True)
class _Span:
    """What a person looked at beyond MAX_LINES: cameras, and days between two."""

    cameras: frozenset[str]
    first: date
    last: date

    def including(self, cameras: Collection[str], day: date) -> "_Span":
        return _Span(self.cameras | set(cameras), min(self.first, day), max(self.last, day))

    @property
    def target(self) -> str:
        """Its text in the log."""
        one = next(iter(self.cameras)) if len(self.cameras) == 1 else SEVERAL_CAMERAS
        return f"{one} {self.first} to {self.last}"


@dataclass(slots=True)
class _Seen:
    """What is recorded of a person in this hour, by this process."""

    lines: set[str] = field(default_factory=set)
    span: _Span | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class DayViews:
    """Records views of days, and remembers which of this hour are recorded. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hour: datetime | None = None
        self._seen: dict[tuple[str, str], _Seen] = {}
        self._process = secrets.token_hex(8)

    def record(
        self,
        log: AuditLog,
        headers: Mapping[str, str],
        actor: str,
        cameras: Collection[str],
        day: date,
        now: datetime,
    ) -> None:
        """Record that `actor` looked at the day of these cameras, by a request with these headers,
        unless that is recorded of this hour. It takes one request to the table, or none. Raises
        StorageUnavailableError."""
        hour, network = hour_of(now), log.network_of(headers)
        shown = cameras if len(cameras) <= MAX_CAMERAS else {ALL_CAMERAS}
        seen = self._seen_by(hour, actor, network)
        with seen.lock:  # only requests of the same person wait for it
            new = {f"{camera} {day}" for camera in shown} - seen.lines
            if not new:
                return
            if len(seen.lines) + len(new) <= MAX_LINES:
                tags = {hour_tag(actor, network, target): target for target in new}
                log.record_hour(hour, actor, LOOKED_AT_DAY, network, tags)
                seen.lines |= new
                return
            span = (seen.span or _Span(frozenset(), day, day)).including(shown, day)
            if span != seen.span:
                tags = {hour_tag(actor, network, self._process): span.target}
                log.record_hour(hour, actor, LOOKED_AT_DAY, network, tags)
                seen.span = span

    def _seen_by(self, hour: datetime, actor: str, network: str) -> _Seen:
        with self._lock:
            if hour != self._hour:
                self._hour, self._seen = hour, {}
            return self._seen.setdefault((actor, network), _Seen())

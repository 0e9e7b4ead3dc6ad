"""Who saw which photo, as lines of the audit log: one an hour for each person or link, network and
photo, however many pieces of it were read.

What was recorded is remembered by the process. The line of somebody who has a link is one whichever
process writes it: its key is made of the hour and of what it says
(docs/decisions/0136-one-line-an-hour.md).
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from function_app.auth.audit_log import SAW, AuditLog, hour_of, hour_tag
from photo_wire.name import PhotoName

MAX_REMEMBERED = 10_000  # views of this hour; then all are forgotten


@dataclass(slots=True)
class PhotoViews:
    """Records views of photos, and remembers which of this hour are recorded. Threads share it."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _hour: datetime | None = None
    _recorded: set[tuple[str, str, PhotoName]] = field(default_factory=set)

    def record(
        self,
        log: AuditLog,
        headers: Mapping[str, str],
        actor: str,
        name: PhotoName,
        now: datetime,
        is_guest: bool,
    ) -> None:
        """Record that `actor` saw a photo, by a request with these headers, unless that is recorded
        of this hour. `is_guest`: the actor is a link. It takes one request to the table, or none.
        Raises StorageUnavailableError."""
        view = (actor, log.network_of(headers), name)
        if self._is_recorded(view, now):
            return
        if is_guest:
            tag = hour_tag(actor, view[1], SAW, str(name))
            log.record_hour(hour_of(now), actor, SAW, view[1], {tag: str(name)})
        else:
            log.record(headers, actor, SAW, str(name), now)
        with self._lock:
            self._recorded.add(view)

    def _is_recorded(self, view: tuple[str, str, PhotoName], now: datetime) -> bool:
        with self._lock:
            if hour_of(now) != self._hour or len(self._recorded) >= MAX_REMEMBERED:
                self._hour, self._recorded = hour_of(now), set()
            return view in self._recorded

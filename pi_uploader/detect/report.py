"""The state of what looks at photos, in a file for `pi-uploader status` and the heartbeat."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from photo_wire.errors import WireError
from photo_wire.moment import format_time, parse_time
from photo_wire.motion import FAILING, WORKING
from pi_uploader.clock import SYSTEM_CLOCK, BootTime, Clock
from pi_uploader.messages import counted
from pi_uploader.spool.notification import is_detecting
from pi_uploader.state_files import read_json, write_json_atomically

LOADING = "its model is being loaded"
UNANSWERED = "its model does not answer"
NOT_RUNNING = "pi-uploader detect does not run"
MAX_LOOK_SECONDS = 60.0  # at one photo; more is a hang
MAX_FAILURES = 2  # photos in a row, which may be damaged; more, and the model fails
FILE_NAME = "detect.json"


@dataclass
class CameraReport:
    """What became of the photos of motion of one camera since the start. `problem` is why none is
    looked at, None if they are. The last `failures` photos could not be looked at, of `failed` in
    all. `since` is when that or the problem began, None if the clock was not set.

    `looking_since` is set while the model looks at a photo. If the process ends meanwhile, whoever
    ended it, the model has not answered, and so in the last `hangs` processes."""

    problem: str | None = LOADING
    model: str = ""
    looked_at: int = 0
    above_limit: int = 0
    failed: int = 0
    failures: int = 0
    since: datetime | None = None
    hangs: int = 0
    looking_since: BootTime | None = None

    def __str__(self) -> str:
        if self.problem is not None:
            return f"photos get no labels: {self.problem}"
        text = f"{self.model}: looked at {counted(self.looked_at, 'photo')}"
        if self.above_limit:
            text += f", {self.above_limit} above CAMERA_DETECT_PER_MINUTE"
        return text + (f", {self.failed} failed" if self.failed else "")

    @property
    def state(self) -> str:
        """WORKING, or FAILING and the reason."""
        return WORKING if self.problem is None else f"{FAILING}{self.problem}"

    @property
    def failing_since(self) -> datetime | None:
        """Since when it fails; None if it works, or if the clock was not set then."""
        return None if self.problem is None else self.since

    def begin_work(self, model: str = "") -> None:
        """Note that the model, described so, was loaded. One that did not answer before has to
        answer first."""
        self.model = model
        if not self.hangs:
            self.problem, self.since = None, None

    def begin_look(self, clock: Clock) -> None:
        """Note that the model begins to look at a photo."""
        self.looking_since = clock.since_boot()

    def count_success(self) -> None:
        """Count a photo that was looked at."""
        self.looked_at += 1
        self.looking_since, self.hangs = None, 0
        self.failures, self.problem, self.since = 0, None, None

    def count_failure(self, problem: str, clock: Clock) -> None:
        """Count a photo that could not be looked at."""
        self.looking_since, self.hangs = None, 0
        self.failed += 1
        self.failures += 1
        if self.failures == 1:
            self.since = clock.now() if clock.is_set() else None
        if self.failures > MAX_FAILURES:
            self.problem = problem

    def look_seconds(self, clock: Clock) -> float | None:
        """Return for how long the model has looked at a photo, or for how long it would have if the
        process had not ended; None if it does not look at one, or the machine has started since."""
        now, begin = clock.since_boot(), self.looking_since
        if begin is None or begin.boot != now.boot:
            return None
        return (now.milliseconds - begin.milliseconds) / 1000

    def unanswered(self, seconds: float, clock: Clock) -> "CameraReport":
        """Return the report of a model that has not answered for these seconds."""
        since = self.since
        if not self.hangs:
            since = clock.now() - timedelta(seconds=seconds) if clock.is_set() else None
        return replace(self, problem=_unanswered(self.hangs), since=since)


def _unanswered(hangs: int) -> str:
    if not hangs:
        return UNANSWERED
    return f"{UNANSWERED}; its process was started again {counted(hangs, 'time')}"


def new_report(former: CameraReport | None, clock: Clock) -> CameraReport:
    """Return the report of a process that starts. What failed in the `former` one has failed since
    then: a model may end each process."""
    if former and (seconds := former.look_seconds(clock)) is not None:
        since, hangs = former.unanswered(seconds, clock).since, former.hangs + 1
        return CameraReport(_unanswered(hangs), since=since, hangs=hangs)
    if former and former.problem is not None and former.since:
        return CameraReport(since=former.since)
    return CameraReport(since=clock.now() if clock.is_set() else None)


def write_reports(spool: Path, reports: dict[str, CameraReport]) -> None:
    """Store the reports by the names of the cameras. Raises OSError."""
    write_json_atomically(
        spool / FILE_NAME,
        {
            name: {**asdict(one), "since": format_time(one.since) if one.since else None}
            for name, one in reports.items()
        },
    )


def read_reports(spool: Path) -> dict[str, CameraReport]:
    """Return the reports that were stored last; none if they are missing or damaged."""
    try:
        stored: Any = read_json(spool / FILE_NAME)
        return {str(name): _parse_report(**one) for name, one in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError, WireError):
        return {}


def current_report(spool: Path, camera: str, clock: Clock = SYSTEM_CLOCK) -> CameraReport:
    """Return the report of a camera as of now: if no process looks at photos, why not."""
    report = read_reports(spool).get(camera)
    seconds = report.look_seconds(clock) if report else None
    if report and seconds is not None:
        has_ended = not is_detecting(spool)  # while it looked
        if has_ended or seconds >= MAX_LOOK_SECONDS:
            return report.unanswered(seconds, clock)
    if report and (report.problem is not None or is_detecting(spool)):
        return report
    return CameraReport(NOT_RUNNING)


def _parse_report(
    since: str | None = None, looking_since: dict[str, Any] | None = None, **members: Any
) -> CameraReport:
    return CameraReport(
        **members,
        since=parse_time(since, "since") if since else None,
        looking_since=BootTime(**looking_since) if looking_since else None,
    )

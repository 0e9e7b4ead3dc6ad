"""The state of what looks at photos, in a file for `pi-uploader status`."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pi_uploader.messages import counted
from pi_uploader.state_files import read_json, write_json_atomically

LOADING = "its model is being loaded"
FILE_NAME = "detect.json"


@dataclass
class CameraReport:
    """What became of the photos of motion of one camera since the start. `problem` is why none is
    looked at; None if they are."""

    problem: str | None = LOADING
    model: str = ""
    looked_at: int = 0
    above_limit: int = 0
    failed: int = 0

    def __str__(self) -> str:
        if self.problem is not None:
            return f"photos get no labels: {self.problem}"
        text = f"{self.model}: looked at {counted(self.looked_at, 'photo')}"
        if self.above_limit:
            text += f", {self.above_limit} above CAMERA_DETECT_PER_MINUTE"
        return text + (f", {self.failed} failed" if self.failed else "")


def write_reports(spool: Path, reports: dict[str, CameraReport]) -> None:
    """Store the reports by the names of the cameras. Raises OSError."""
    write_json_atomically(spool / FILE_NAME, {name: asdict(one) for name, one in reports.items()})


def read_reports(spool: Path) -> dict[str, CameraReport]:
    """Return the reports that were stored last; none if they are missing or damaged."""
    try:
        stored: Any = read_json(spool / FILE_NAME)
        return {str(name): CameraReport(**one) for name, one in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}

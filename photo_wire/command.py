"""A command: what a person asks a device to do, and the device's report of what became of it.

The open commands of a device are in one blob (command_blob.py), which the device polls; where it
cannot, they come with the reply to a heartbeat. Results go to the backend with heartbeats. A photo
that is taken for a command has the command's `tag` as the last part of its name: so both sides know
after a crash whether it was taken.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from photo_wire.errors import WireError, quoted
from photo_wire.moment import format_time, parse_time
from photo_wire.name import PhotoName, check_camera, parse_name

MAX_OPEN = 20  # commands of a device
MAX_CAMERAS = 32  # of a device
MAX_LINES = 1000  # of a log
MAX_DETAIL = 300  # characters
MAX_OUTPUT_BYTES = 200_000  # as a JSON string in UTF-8
_ID = re.compile(r"[0-9a-f]{32}")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class Kind(StrEnum):
    """What this version can ask for. Later versions may ask for more."""

    PHOTO = "photo"
    CLIP = "clip"
    LOGS = "logs"
    DOCTOR = "doctor"
    ARM = "arm"
    DISARM = "disarm"
    PAUSE = "pause"
    RESUME = "resume"
    RESTART = "restart"
    REPLAY_KEEP = "replay-keep"


class CommandState(StrEnum):
    """What became of a command. The last three are final, but DONE replaces EXPIRED: a photo may
    arrive late."""

    ASKED = "asked"
    TAKEN = "taken"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"


_REPORTED = frozenset(CommandState) - {CommandState.ASKED}


@dataclass(frozen=True, slots=True)
class Command:
    """`id` is 32 hex digits. `kind` is one of `Kind`, or a word of a later version, which a device
    refuses. `camera` is None for all cameras. `until` is when disarming or a pause ends, None for
    when a person ends it. `lines` is how many lines of the log are wanted. `photo` is of whose
    trigger a device keeps the frames, since there was motion after all. Nobody executes it after
    `expires_at`. Raises WireError for values that break the rules of the wire."""

    id: str
    kind: str
    expires_at: datetime
    camera: str | None = None
    until: datetime | None = None
    lines: int | None = None
    photo: PhotoName | None = None

    def __post_init__(self) -> None:
        check_command_id(self.id)
        if not _KIND.fullmatch(self.kind):
            raise WireError("kind", f"{quoted(self.kind)} is not a word of a-z, 0-9, - and _")
        if self.camera is not None:
            check_camera(self.camera)
        if self.lines is not None and not 1 <= self.lines <= MAX_LINES:
            raise WireError("lines", f"is not a number from 1 to {MAX_LINES}")

    @property
    def tag(self) -> str:
        """The last part of the name of a photo that is taken for this command."""
        return tag_of(self.id)

    def may_take(self, photo: PhotoName) -> bool:
        """Return whether a photo of this name may have been taken for this command."""
        return photo.tag == self.tag and self.camera in (None, photo.camera)

    def to_properties(self) -> dict[str, Any]:
        """Return the command as a JSON object. Only one with a photo has the member `photo`."""
        return {
            "id": self.id,
            "kind": self.kind,
            "camera": self.camera,
            "until": format_time(self.until) if self.until else None,
            "lines": self.lines,
            "expires_at": format_time(self.expires_at),
            **({"photo": str(self.photo)} if self.photo else {}),
        }


def parse_command(value: object, where: str = "command") -> Command:
    """Return the command in a JSON object. Raises WireError, naming the member that is wrong."""
    members = json_object(value, where)
    try:
        return Command(
            id=_text(members, "id"),
            kind=_text(members, "kind"),
            expires_at=parse_time(_text(members, "expires_at"), "expires_at"),
            camera=_optional_text(members, "camera"),
            until=_optional_time(members, "until"),
            lines=_optional_number(members, "lines"),
            photo=_optional_name(members, "photo"),
        )
    except WireError as error:
        raise WireError(f"{where}.{error.field}", error.problem) from None


def parse_commands(value: object, where: str = "open") -> tuple[Command, ...]:
    """Return the commands in a JSON list. Raises WireError."""
    if not isinstance(value, list) or len(value) > MAX_OPEN:
        raise WireError(where, f"is not a list of at most {MAX_OPEN} commands")
    return tuple(parse_command(one, f"{where}[{index}]") for index, one in enumerate(value))


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What became of a command: any state but ASKED. `detail` is a sentence for people, for example
    why it was refused. `photos` are the ids of the photos that were taken. `output` is the log or
    the doctor's report; `cut_output` makes it fit. Raises WireError for values that break the rules
    of the wire."""

    id: str
    state: CommandState
    detail: str = ""
    photos: tuple[str, ...] = ()
    output: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        check_command_id(self.id)
        if self.state not in _REPORTED:
            raise WireError("state", f"{quoted(self.state)} is not what becomes of a command")
        if len(self.detail) > MAX_DETAIL or not self.detail.isprintable():
            raise WireError("detail", f"is not a text of at most {MAX_DETAIL} characters")
        if len(self.photos) > MAX_CAMERAS:
            raise WireError("photos", f"are more than {MAX_CAMERAS}")
        for photo in self.photos:
            parse_name(photo, "photos")
        if len(self.output) > MAX_OUTPUT_BYTES or _json_size(self.output) > MAX_OUTPUT_BYTES:
            raise WireError("output", f"is longer than {MAX_OUTPUT_BYTES} bytes of JSON")

    def to_properties(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        return {
            "id": self.id,
            "state": self.state.value,
            "detail": self.detail,
            "photos": list(self.photos),
            "output": self.output,
        }


def parse_result(value: object, where: str = "result") -> CommandResult:
    """Return the result in a JSON object. Raises WireError, naming the member that is wrong."""
    members = json_object(value, where)
    photos = members.get("photos", [])
    if not isinstance(photos, list) or not all(isinstance(one, str) for one in photos):
        raise WireError(f"{where}.photos", "is not a list of photos' ids")
    try:
        state = _text(members, "state")
        if state not in list(CommandState):
            raise WireError(
                "state", f"{quoted(state)} is not one of {', '.join(sorted(_REPORTED))}"
            )
        return CommandResult(
            id=_text(members, "id"),
            state=CommandState(state),
            detail=_optional_text(members, "detail") or "",
            photos=tuple(photos),
            output=_optional_text(members, "output") or "",
        )
    except WireError as error:
        raise WireError(f"{where}.{error.field}", error.problem) from None


def check_command_id(text: str, where: str = "id") -> str:
    """Return `text` if it can be a command's id. Raises WireError, naming `where`, if not."""
    if not _ID.fullmatch(text):
        raise WireError(where, f"{quoted(text)} is not 32 hex digits")
    return text


def tag_of(command_id: str) -> str:
    """Return the last part of the name of a photo that is taken for this command."""
    return command_id[:8]


def cut_output(text: str) -> str:
    """Return the end of a text, as much of it as a result may have. What is not Unicode text (half
    a surrogate pair) becomes a question mark."""
    text = text[-MAX_OUTPUT_BYTES:].encode(errors="replace").decode()
    start = bisect_left(
        range(len(text)), True, key=lambda index: _json_size(text[index:]) <= MAX_OUTPUT_BYTES
    )
    return text[start:]


def json_object(value: object, where: str) -> Mapping[str, Any]:
    """Return a JSON object. Raises WireError, naming `where`, if it is something else."""
    if not isinstance(value, dict):
        raise WireError(where, "is not a JSON object")
    return value


def _text(members: Mapping[str, Any], member: str) -> str:
    value = members.get(member)
    if not isinstance(value, str):
        raise WireError(member, "is missing or not a text")
    return value


def _optional_text(members: Mapping[str, Any], member: str) -> str | None:
    return None if members.get(member) is None else _text(members, member)


def _optional_number(members: Mapping[str, Any], member: str) -> int | None:
    value = members.get(member)
    if value is not None and type(value) is not int:
        raise WireError(member, "is not a whole number")
    return value


def _optional_time(members: Mapping[str, Any], member: str) -> datetime | None:
    value = members.get(member)
    return None if value is None else json_time(value, member)


def _optional_name(members: Mapping[str, Any], member: str) -> PhotoName | None:
    text = _optional_text(members, member)
    return None if text is None else parse_name(text, member)


def json_time(value: object, where: str) -> datetime:
    """Return the time in a JSON string. Raises WireError, naming `where`, if there is none."""
    if not isinstance(value, str):
        raise WireError(where, "is missing or not a time")
    return parse_time(value, where)


def _json_size(text: str) -> int:
    """Return how many bytes the text has as a JSON string in UTF-8."""
    try:
        return len(json.dumps(text, ensure_ascii=False).encode())
    except UnicodeEncodeError:
        raise WireError("output", "holds half a surrogate pair, which is not text") from None

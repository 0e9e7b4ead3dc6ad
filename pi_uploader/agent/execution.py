"""What a command does. Each is executed once: the journal has it as taken before it comes here."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Protocol

from photo_wire.command import (
    MAX_DETAIL,
    MAX_LINES,
    Command,
    CommandResult,
    CommandState,
    Kind,
    cut_output,
)
from photo_wire.errors import WireError, printable
from photo_wire.name import parse_name
from pi_uploader.agent.pause import UploadPause
from pi_uploader.agent.server_clock import ServerClock
from pi_uploader.agent.state import read_cameras
from pi_uploader.control import ControlError, NotRunningError, Reply, RequestRefusedError, ask
from pi_uploader.log_ring import last_lines
from pi_uploader.spool import Spool
from pi_uploader.spool.replay import ReplaySet

MAX_CAMERAS_SECONDS = 300.0  # of a command, after which it begins no photo with another camera
PHOTO_SECONDS = 190.0  # for the capture process to take a photo; it gives up after 180
QUICK_SECONDS = 10.0  # for everything else
CLIP_SECONDS = 10.0  # that a clip lasts
START_SECONDS = 20.0  # to wait for a capture process that does not run
FIND_SECONDS = 60.0  # to look for a photo that may have been taken
RETRY_SECONDS = 1.0  # between two attempts to reach it
DOCTOR_SECONDS = 120.0
MAX_DOCTOR_BYTES = 1_000_000  # that are read of its report
DOCTOR = [sys.executable, "-m", "pi_uploader", "doctor", "--json", "--no-hardware"]
_TIME_LENGTH = len("2026-11-28T03:00:07.123Z")  # at the beginning of each line of a log

log = logging.getLogger("agent")


class Uploads(Protocol):
    """What a command needs of the upload threads."""

    def prioritize(self, tag: str) -> None:
        """Send the photo whose name ends in this tag before others, once it is there."""


class Executor:
    """Executes commands. Threads share it, but one of them alone runs the doctor. `close` ends what
    takes long."""

    def __init__(
        self, spool: Spool, uploads: Uploads, pause: UploadPause, server_clock: ServerClock
    ) -> None:
        self._spool = spool
        self._uploads = uploads
        self._pause = pause
        self._server_clock = server_clock
        self._closed = threading.Event()
        self._doctor: subprocess.Popen[bytes] | None = None
        self._actions: Mapping[str, Callable[[Command], CommandResult]] = {
            Kind.PHOTO: self._take,
            Kind.CLIP: self._take,
            Kind.LOGS: self._send_logs,
            Kind.DOCTOR: self._run_doctor,
            Kind.ARM: self._arm,
            Kind.DISARM: self._arm,
            Kind.PAUSE: self._pause_uploads,
            Kind.RESUME: self._resume_uploads,
            Kind.RESTART: self._restart,
            Kind.REPLAY_KEEP: self._keep_frames,
        }

    def close(self) -> None:
        """End the doctor, and every wait."""
        self._closed.set()
        if doctor := self._doctor:
            _kill_group(doctor)

    def problem(self, command: Command) -> CommandResult | None:
        """Return why a command is not to be taken; None if it is."""
        if command.kind not in self._actions:
            return refused(command, f"this version of the device does not know {command.kind}")
        if self._server_clock.seconds_until(command.expires_at) <= 0:
            return expired(command, "it came too late")
        return None

    def execute(self, command: Command) -> CommandResult:
        """Execute a command that was taken, and return what became of it."""
        try:
            return self._actions[command.kind](command)
        except NotRunningError:
            return refused(command, "the process that takes photos does not run")
        except (RequestRefusedError, WireError) as error:
            return refused(command, str(error))
        except (ControlError, OSError) as error:
            return refused(command, f"it failed: {error}")

    def settle(self, command: Command) -> CommandResult:
        """Return what became of a command that was taken before this process began, and of which it
        is not known how far it came. It is not executed again."""
        if command.kind in (Kind.PHOTO, Kind.CLIP):
            return self._find(command, "the device restarted meanwhile")
        if command.kind == Kind.REPLAY_KEEP:  # to do it twice is the same as once
            return self.execute(command)
        return expired(command, "the device restarted meanwhile")

    # --- photos

    def _take(self, command: Command) -> CommandResult:
        """Take a photo or a clip with the camera of this command, or with each."""
        self._uploads.prioritize(command.tag)
        cameras = [command.camera] if command.camera else list(self._cameras())
        photos, problems = [], []
        end = time.monotonic() + MAX_CAMERAS_SECONDS
        for camera in cameras:
            if time.monotonic() > end:
                problems.append(f"no time was left for {camera}")
                continue
            try:
                photos.append(self._take_with(camera, command))
            except RequestRefusedError as error:
                problems.append(f"{error}")
            except NotRunningError:
                raise
            except ControlError:  # it may have begun
                return self._find(command, "the process that takes photos ended meanwhile")
        if not photos:
            return refused(command, "; ".join(problems) or "this device has no camera")
        return done(command, "; ".join(problems), tuple(photos))

    def _take_with(self, camera: str, command: Command) -> str:
        request: dict[str, Any] = {"do": command.kind, "camera": camera, "tag": command.tag}
        if command.kind == Kind.CLIP:
            request["seconds"] = CLIP_SECONDS
        return str(self._ask_patiently(request, PHOTO_SECONDS).members["photo"])

    def _cameras(self) -> Mapping[str, Any]:
        self._ask_patiently({"do": "state"}, QUICK_SECONDS)
        return read_cameras(self._spool.folder)

    def _find(self, command: Command, reason: str) -> CommandResult:
        """Look for the photos of a command that may have been taken."""
        self._uploads.prioritize(command.tag)
        request = {"do": "find", "tag": command.tag}
        try:
            reply = self._ask_patiently(request, QUICK_SECONDS, FIND_SECONDS)
            names = [parse_name(str(one)) for one in reply.members.get("photos", [])]
        except (ControlError, WireError):
            return expired(command, reason)
        photos = tuple(str(one) for one in names if command.camera in (None, one.camera))
        return done(command, reason, photos) if photos else expired(command, reason)

    def _ask_patiently(
        self, request: Mapping[str, Any], seconds: float, start_seconds: float = START_SECONDS
    ) -> Reply:
        """Ask the capture process. If none runs, try again for `start_seconds`: it may just be
        starting. Raises ControlError."""
        for _ in range(int(start_seconds / RETRY_SECONDS)):
            try:
                return ask(self._spool.folder, request, seconds)
            except NotRunningError:
                if self._closed.wait(RETRY_SECONDS):
                    raise
        return ask(self._spool.folder, request, seconds)

    # --- logs and the doctor

    def _send_logs(self, command: Command) -> CommandResult:
        """Return the last lines of both processes, sorted by their times."""
        count = command.lines or MAX_LINES
        detail, lines = "", last_lines(count)
        try:
            reply = ask(self._spool.folder, {"do": "logs", "lines": count}, QUICK_SECONDS)
            lines += [str(line) for line in reply.members.get("lines", [])]
        except ControlError as error:
            detail = f"without the lines of the process that takes photos: {error}"
        lines.sort(key=lambda line: line[:_TIME_LENGTH])
        return done(command, detail, output="\n".join(lines[-count:]))

    def _run_doctor(self, command: Command) -> CommandResult:
        """Run the doctor in a process of its own, and return its report."""
        process = subprocess.Popen(
            DOCTOR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that what it has started ends with it
        )
        self._doctor = process
        if self._closed.is_set():
            _kill_group(process)
        timer = threading.Timer(DOCTOR_SECONDS, _kill_group, (process,))
        timer.daemon = True
        timer.start()
        with process:  # waits for its end, and closes the pipe
            try:
                report = process.stdout.read(MAX_DOCTOR_BYTES) if process.stdout else b""
            finally:
                timer.cancel()
                self._doctor = None
                _kill_group(process)
        if not report.strip():
            return refused(command, "the doctor gave no report, or took too long")
        return done(command, output=report.decode(errors="replace"))

    # --- the rest

    def _arm(self, command: Command) -> CommandResult:
        request: dict[str, Any] = {"do": command.kind, "camera": command.camera}
        if command.kind == Kind.DISARM and command.until:
            request["until"] = command.to_properties()["until"]
            request["seconds"] = max(0.0, self._server_clock.seconds_until(command.until))
        self._ask_patiently(request, QUICK_SECONDS)
        return done(command)

    def _pause_uploads(self, command: Command) -> CommandResult:
        seconds = None
        if command.until:
            seconds = max(0.0, self._server_clock.seconds_until(command.until))
        self._pause.pause(seconds)
        return done(command)

    def _resume_uploads(self, command: Command) -> CommandResult:
        self._pause.resume()
        return done(command)

    def _keep_frames(self, command: Command) -> CommandResult:
        """Keep the frames around the trigger of a photo without motion, which a person saw."""
        if command.photo is None:
            return refused(command, "it names no photo")
        if not ReplaySet(self._spool.folder).keep(command.photo):
            return refused(command, "the frames of this photo are not on the device (any more)")
        return done(command)

    def _restart(self, command: Command) -> CommandResult:
        """Have the capture process end, which is started again. This process ends, too, once the
        result is recorded."""
        try:
            ask(self._spool.folder, {"do": "restart"}, QUICK_SECONDS)
        except ControlError as error:
            return done(command, f"the process that takes photos goes on: {error}")
        return done(command)


def done(
    command: Command, detail: str = "", photos: tuple[str, ...] = (), output: str = ""
) -> CommandResult:
    """Return the result of a command that was executed."""
    shown = _shown(detail)
    return CommandResult(command.id, CommandState.DONE, shown, photos, cut_output(output))


def refused(command: Command, reason: str) -> CommandResult:
    """Return the result of a command that this device did not execute, or that failed."""
    return CommandResult(command.id, CommandState.REFUSED, _shown(reason))


def expired(command: Command, reason: str) -> CommandResult:
    """Return the result of a command that nobody executes any more."""
    return CommandResult(command.id, CommandState.EXPIRED, _shown(reason))


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads a session, unless its end is known, and what it has started: that
    would keep the pipe open."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _shown(text: str) -> str:
    return printable(text, MAX_DETAIL - 3)[:MAX_DETAIL]  # escaped, it may be longer

"""The agent's thread: it sends heartbeats, polls for commands, and has them executed.

Nothing here holds up an upload. Every error is logged once, and tried again later.
"""

import json
import logging
import math
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from photo_wire import __version__
from photo_wire.command import Command, CommandResult
from photo_wire.errors import WireError
from photo_wire.heartbeat import MAX_BYTES, MAX_STATE_BYTES, Heartbeat
from photo_wire.heartbeat_reply import HeartbeatReply, parse_reply
from pi_uploader.agent.carrier import HeartbeatCarrier
from pi_uploader.agent.command_runner import CommandRunner
from pi_uploader.agent.execution import Executor, Uploads
from pi_uploader.agent.journal import Journal
from pi_uploader.agent.live import Live
from pi_uploader.agent.pause import UploadPause
from pi_uploader.agent.poller import Poller
from pi_uploader.agent.problem_log import ProblemLog
from pi_uploader.agent.schedule import Schedule
from pi_uploader.agent.server_clock import ServerClock
from pi_uploader.agent.state import DataQuota, DeviceInfo, StateReader
from pi_uploader.client import MAX_CALL_SECONDS, BackendClient, RejectedError, UnavailableError
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool
from pi_uploader.watchdog import KeepAlive, no_keep_alive

JOURNAL_FILE = "commands.json"  # in the spool's folder
GOODBYE_SECONDS = 2.0  # at the end of the process
CARRIED_SECONDS = 60.0  # that a heartbeat waits for the upload that carries it
CHECK_SECONDS = 45.0  # between two looks whether the state has changed, at least
CHECK_LATE_SECONDS = 20.0  # for which one waits for a poll, to need no wake-up of its own
ERROR_PAUSE_SECONDS = 60.0  # after an unexpected error
MARGIN_SECONDS = 60.0  # by which the thread may be late
REQUEST_BYTES = 1_000  # of a heartbeat besides its body, response included
_NO_ENDPOINT = (404, 405)

log = logging.getLogger("agent")


@dataclass(frozen=True)
class UploadSide:
    """What the agent shares with the upload threads."""

    uploads: Uploads
    pause: UploadPause
    carrier: HeartbeatCarrier
    quota: DataQuota


class Agent:
    """The agent of a device. `run` is its thread; `close` is called in another one.

    `should_restart` is set after the command to restart: the process is to end.
    """

    def __init__(
        self,
        device: DeviceInfo,
        spool: Spool,
        client: BackendClient,
        upload_side: UploadSide,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._device = device
        self._client = client
        self._carrier, self._quota = upload_side.carrier, upload_side.quota
        self._schedule = Schedule(device.interval, device.poll_interval, clock, chance)
        self._server_clock = ServerClock(clock)
        self._state = StateReader(device, spool, upload_side.pause, self._quota, clock)
        self._journal = Journal(spool.folder / JOURNAL_FILE)
        blobs = client.blobs()
        self._live = Live(spool.folder, blobs, self._quota, clock, self._server_clock)
        self._poller = Poller(
            blobs, self._schedule, self._live, self._quota, clock, self._server_clock
        )
        self._clock = clock
        self._open: Mapping[str, Command] = {}  # by id, as the backend told last
        self._last_state: Heartbeat | None = None  # of the last heartbeat that got through
        self._offered_state = self._empty_state()  # of the heartbeat that an upload may carry
        self._check_at = math.inf  # when to compare it with the state then, in monotonic seconds
        self._waits_for_upload = False
        self._problems = ProblemLog(log)
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._carrier.on_reply(self._wake.set)
        self._commands = CommandRunner(
            self._journal,
            Executor(spool, upload_side.uploads, upload_side.pause, self._server_clock),
            self._wake.set,
        )

    @property
    def should_restart(self) -> bool:
        return self._commands.should_restart

    def run(self, on_restart: Callable[[], object], keep_alive: KeepAlive = no_keep_alive) -> None:
        """Work until `close`. After the command to restart, call `on_restart` and end."""
        while not self._closed.is_set():
            try:
                wait = self.step(keep_alive)
            except Exception as error:
                if self._problems.is_new("agent", f"{type(error).__name__}: {error}"):
                    log.exception("the agent goes on after an unexpected error")
                wait = ERROR_PAUSE_SECONDS
            if self.should_restart:
                on_restart()
                return
            keep_alive(wait + MARGIN_SECONDS)
            self._wake.wait(wait)
            self._wake.clear()

    def step(self, keep_alive: KeepAlive = no_keep_alive) -> float:
        """Do what is due; return the seconds until something is due again."""
        keep_alive(MAX_CALL_SECONDS)
        self._receive_carried()
        if not self._schedule.heartbeat_due_in():
            self._send_heartbeat()
        elif not self._schedule.carry_due_in() and self._carrier.has_sent():
            self._offer_heartbeat()
        self._watch_state()
        if (found := self._poller.poll()) is not None:
            self._open = found
        if self._commands.advance(self._open.values(), is_complete=self._last_state is not None):
            self._schedule.hurry()
        self._live.send_due(keep_alive)
        return self._due_in()

    def close(self, reason: str) -> None:
        """End the thread soon, and tell the backend that this device ends for this reason (restart
        or shutdown), if that can be done in two seconds."""
        self._closed.set()
        self._commands.close()
        self._wake.set()
        if self._last_state:
            thread = threading.Thread(target=self._say_goodbye, args=(reason,), daemon=True)
            thread.start()
            thread.join(GOODBYE_SECONDS)

    def _say_goodbye(self, reason: str) -> None:
        # Nobody reports what the spool holds until the device is back.
        state = self._state.read_spool(self._last_state or self._empty_state())
        heartbeat = replace(self._with_results(state), goodbye=reason)
        try:
            reply = self._client.send_heartbeat(self._device.name, heartbeat).reply
        except (RejectedError, UnavailableError) as error:
            log.info("the backend does not know of the %s: it %s", reason, error)
        else:
            self._journal.acknowledge(reply.acknowledged)

    def _due_in(self) -> float:
        heartbeat_due_in = self._schedule.heartbeat_due_in()
        carry_due_in = self._schedule.carry_due_in()
        return min(
            heartbeat_due_in,
            carry_due_in or heartbeat_due_in,
            self._schedule.poll_due_in(),
            self._live.due_in(),
            self._check_due_in() + CHECK_LATE_SECONDS,
        )

    # --- heartbeats

    def _send_heartbeat(self) -> None:
        """Send a heartbeat, unless an upload carries it at this moment."""
        if self._carrier.withdraw() and not self._waits_for_upload:
            self._waits_for_upload = True
            self._schedule.defer(CARRIED_SECONDS)
            return
        self._waits_for_upload = False
        state = self._state.read()
        heartbeat = self._with_results(state)
        is_complete = len(heartbeat.commands) == len(self._journal.pending())
        try:
            response = self._client.send_heartbeat(self._device.name, heartbeat)
        except RejectedError as error:
            self._schedule.record_rejected()
            self._problems.warn("heartbeat", f"the backend does not take heartbeats: it {error}")
        except UnavailableError as error:
            self._record_failure(error)
        else:
            self._server_clock.record(response.server_time)
            self._handle_reply(state, response.reply)
            if response.reply.acknowledged and not is_complete:
                self._schedule.hurry()  # some results were too large to be sent with the others
        size = len(heartbeat.to_json()) + REQUEST_BYTES
        self._quota.add(size, self._clock.now())

    def _record_failure(self, error: UnavailableError) -> None:
        # One that has taken heartbeats before just starts, or is being updated.
        if error.status in _NO_ENDPOINT and self._last_state is None:
            self._schedule.record_unsupported()
            self._problems.warn(
                "heartbeat", "the backend has no heartbeats: it is older than this device"
            )
            return
        wait = self._schedule.record_failure(error.retry_after)
        self._problems.warn(
            "heartbeat", f"no heartbeat is sent: the backend {error}; next try in {wait:.0f} s"
        )

    def _check_due_in(self) -> float:
        """Return the seconds until the state is compared with what the backend knows; infinity
        while it knows nothing."""
        if self._last_state is None or self._schedule.failures:
            return math.inf
        return max(0.0, self._check_at - self._clock.monotonic())

    def _watch_state(self) -> None:
        """Have a heartbeat sent now if something has changed of what counts from the heartbeat that
        reports it."""
        if self._last_state is None or self._check_due_in():
            return
        self._check_at = self._clock.monotonic() + CHECK_SECONDS
        if self._state.has_changed(self._last_state):
            self._schedule.hurry()

    def _offer_heartbeat(self) -> None:
        """Let the next upload carry the heartbeat, if it fits."""
        state = self._state.read()
        if header := self._with_results(state).to_header():
            self._offered_state = state
            self._carrier.offer(header)

    def _receive_carried(self) -> None:
        """Handle the reply to a heartbeat that an upload has carried."""
        if (reply := self._carrier.take_reply()) is None:
            return
        try:
            self._handle_reply(self._offered_state, parse_reply(reply.encode()))
        except WireError as error:
            self._problems.warn("heartbeat", f"the reply to a heartbeat cannot be read: {error}")

    def _handle_reply(self, state: Heartbeat, reply: HeartbeatReply) -> None:
        self._schedule.record_success()
        self._waits_for_upload = False
        if not reply.is_recorded:
            self._problems.warn("heartbeat", "this device's key waits for the owner's approval")
            return
        self._problems.forget("heartbeat", "the backend has the heartbeats of this device")
        self._last_state = state
        self._check_at = self._clock.monotonic() + CHECK_SECONDS
        self._journal.acknowledge(reply.acknowledged)
        self._open = {command.id: command for command in reply.open}
        self._journal.forget_expired(self._server_clock.now(), self._open.keys())
        self._poller.set_link(reply.link)

    def _empty_state(self) -> Heartbeat:
        return Heartbeat(
            version=__version__, interval=round(self._device.interval), site=self._device.site
        )

    def _with_results(self, state: Heartbeat) -> Heartbeat:
        """Return a heartbeat with as many results of commands as it may have."""
        room = MAX_BYTES - MAX_STATE_BYTES
        results: list[CommandResult] = []
        for result in self._journal.pending():
            room -= len(json.dumps(result.to_properties(), ensure_ascii=False).encode()) + 1
            if room < 0:
                break
            results.append(result)
        return replace(state, commands=tuple(results))

"""Takes commands, has them executed, and records what became of them.

The agent's thread does not wait for a command: it goes on polling, and sending heartbeats and live
pictures. Two commands at most are executed at once, each in a thread of its own: one that takes
long by nature (a clip, the doctor), and one of the others. Within each of these two kinds commands
are executed in the order in which they come.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Collection

from photo_wire.command import Command, CommandResult, CommandState, Kind
from pi_uploader.agent.execution import Executor, expired, refused
from pi_uploader.agent.journal import Journal

_SLOW = (Kind.CLIP, Kind.DOCTOR)
_OUTPUTS = (Kind.LOGS, Kind.DOCTOR)

Execute = Callable[[Command], CommandResult]

log = logging.getLogger("agent")


class CommandRunner:
    """Executes commands once. `on_end` is called in another thread when one has ended; `advance`
    then records its result. Not thread-safe otherwise.

    `should_restart` is set after the command to restart: the process is to end.
    """

    def __init__(self, journal: Journal, executor: Executor, on_end: Callable[[], object]) -> None:
        self.should_restart = False
        self._journal = journal
        self._executor = executor
        self._unsettled = deque(journal.taken())  # by a process before this one
        self._quick, self._slow = _Worker(on_end), _Worker(on_end)
        self._is_restarting = False

    def advance(self, commands: Collection[Command], is_complete: bool) -> bool:
        """Record what has ended, and begin what can begin of the commands that the backend shows as
        open. Return whether there is a new result. `is_complete`: it has shown all of them, so that
        others that come later were never executed."""
        ended = [one for worker in (self._quick, self._slow) if (one := worker.take_result())]
        has_news = bool(ended)
        for command, result in ended:
            self._record(command, result)
        if self._unsettled and not self._quick.is_busy:
            command = self._unsettled.popleft()
            if problem := self._quick.start(command, self._executor.settle):
                self._record(command, problem)
        for command in commands:
            if self._is_restarting or not self._can_take(command):
                continue
            if problem := self._take(command):
                self._record(command, problem)
                has_news = True
        if is_complete:
            self._journal.is_damaged = False  # all that it may have had was open, and has expired
        return has_news

    def close(self) -> None:
        """End what takes long."""
        self._executor.close()

    def _can_take(self, command: Command) -> bool:
        """Return whether a command is new, there is room for its result, and no other one has to
        end before."""
        if command.id in self._journal or not self._journal.has_room():
            return False
        if command.kind in _OUTPUTS and self._journal.has_output():
            return False  # one large result at a time
        return not self._worker_of(command).is_busy

    def _worker_of(self, command: Command) -> "_Worker":
        return self._slow if command.kind in _SLOW else self._quick

    def _take(self, command: Command) -> CommandResult | None:
        """Take a command, and begin it. Return the result of one that is not executed."""
        if self._journal.is_damaged:
            return expired(command, "the journal was damaged, and it may have been executed")
        if problem := self._executor.problem(command):
            return problem
        try:
            self._journal.take(command)
        except OSError as error:
            # The log and the diagnosis change nothing, and a sick disk is what they are asked for.
            if command.kind not in _OUTPUTS:
                return refused(command, f"the disk does not record it: {error.strerror or error}")
        log.info("command %s: %s", command.id, command.kind)
        self._is_restarting = command.kind == Kind.RESTART
        return self._worker_of(command).start(command, self._executor.execute)

    def _record(self, command: Command, result: CommandResult) -> None:
        self._journal.record(command, result)
        if command.kind == Kind.RESTART:
            self._is_restarting = False
            self.should_restart = result.state is CommandState.DONE
        detail = f": {result.detail}" if result.detail else ""
        log.info("command %s: %s %s%s", command.id, command.kind, result.state, detail)


class _Worker:
    """Executes one command at a time, in a thread that ends with it."""

    def __init__(self, on_end: Callable[[], object]) -> None:
        self._on_end = on_end
        self._ended: tuple[Command, CommandResult] | None = None
        self.is_busy = False  # until `take_result` has returned the result

    def start(self, command: Command, execute: Execute) -> CommandResult | None:
        """Execute a command. If no thread can be started for it, return its result."""
        thread = threading.Thread(
            target=self._run, args=(command, execute), name="command", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            return refused(command, f"it failed: {error}")
        self.is_busy = True
        return None

    def take_result(self) -> tuple[Command, CommandResult] | None:
        """Return the command that has ended, and its result, once."""
        ended, self._ended = self._ended, None
        if ended:
            self.is_busy = False
        return ended

    def _run(self, command: Command, execute: Execute) -> None:
        try:
            result = execute(command)
        except Exception as error:
            log.exception("the command %s %s failed", command.kind, command.id)
            result = refused(command, f"unexpected error: {type(error).__name__}")
        self._ended = command, result
        self._on_end()

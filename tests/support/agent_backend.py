"""A backend and its storage on loopback, as an agent sees them: heartbeats, the blob with commands,
and the blobs for live pictures. Photos are stored as by a FaultServer."""

import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from photo_wire.blob_link import BlobLink
from photo_wire.command import Command, CommandResult, CommandState
from photo_wire.command_blob import CommandBlob
from photo_wire.heartbeat import HEARTBEAT, Heartbeat, parse_header, parse_heartbeat
from photo_wire.heartbeat_reply import HEARTBEAT_REPLY, HeartbeatReply
from tests.support.fault_server import Exchange, FaultServer
from tests.support.store import Response, problem

SECRET = "sig=the-secret-of-a-link"
HOUR = timedelta(hours=1)
_FINAL = (CommandState.DONE, CommandState.REFUSED, CommandState.EXPIRED)


class AgentBackend:
    """The handler of a FaultServer; a test asks commands of it, and reads what came.

    `has_heartbeats` False: it is older than heartbeats. `status` is the code of every response to a
    heartbeat, None for a reply. `has_link` False: there is no blob. `has_blob` False: it was
    removed.
    """

    def __init__(self) -> None:
        self.heartbeats: list[Heartbeat] = []
        self.carried: list[Heartbeat] = []
        self.results: dict[str, list[CommandResult]] = {}
        self.pictures: list[bytes] = []
        self.polls: list[int] = []  # their status codes
        self.has_heartbeats = True
        self.has_link = True
        self.has_blob = True
        self.is_approved = True
        self.status: int | None = None
        self.acknowledges = True
        self.server = FaultServer(self._handle)
        self._blob = CommandBlob()
        self._lock = threading.Lock()

    def __enter__(self) -> "AgentBackend":
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    # --- what people do

    def ask(self, kind: str, camera: str | None = "gate", **members: Any) -> Command:
        """Add a command to the blob."""
        with self._lock:
            members = {"expires_at": datetime.now(UTC) + HOUR, **members}
            command = Command(f"{len(self.results):08x}{'0' * 24}", kind, camera=camera, **members)
            self.results[command.id] = []
            self._blob = replace(self._blob, open=(*self._blob.open, command))
            return command

    def look(self, camera: str = "gate", seconds: float = 120.0) -> None:
        """Look at a camera."""
        now = datetime.now(UTC)
        link = BlobLink(self._url(f"live/{camera}.jpg"), now + HOUR)
        looking = {camera: now + timedelta(seconds=seconds)}
        with self._lock:
            self._blob = replace(self._blob, looking_until=looking, live={camera: link})

    def look_away(self) -> None:
        with self._lock:
            self._blob = replace(self._blob, looking_until={}, live={})

    def final(self, command: Command) -> CommandResult | None:
        """Return what became of a command, if that is known."""
        finals = [one for one in self.results[command.id] if one.state in _FINAL]
        return finals[-1] if finals else None

    def end(self, command: Command) -> CommandState | None:
        """Return how a command has ended. A photo that arrives late counts as done."""
        stored = {one.rpartition("-")[2] for one in self.server.store.photos}
        result = self.final(command)
        return CommandState.DONE if command.tag in stored else result.state if result else None

    def count_open(self) -> int:
        """Return how many commands are in the blob."""
        return len(self._blob.open)

    def forget(self, commands: list[Command]) -> None:
        """Take commands out of the blob."""
        with self._lock:
            left = tuple(one for one in self._blob.open if one not in commands)
            self._blob = replace(self._blob, open=left)

    # --- what the device does

    def _handle(self, exchange: Exchange) -> None:
        path, body = exchange.request.path.partition("?")[0], exchange.read()
        method = exchange.request.method
        if method == "POST" and re.fullmatch("/api/devices/[^/]+/heartbeat", path):
            exchange.send(self._record(body))
        elif path.startswith("/devices/commands/"):
            exchange.send(self._read_blob(exchange.request.headers))
        elif path.startswith("/devices/live/") and method == "PUT":
            self.pictures.append(body)
            exchange.send(Response(201))
        else:
            response = exchange.store.handle(exchange.request, body)
            header = exchange.request.headers.get(HEARTBEAT)
            if header and self.has_heartbeats:
                heartbeat = parse_header(header)
                self.carried.append(heartbeat)
                reply = self._reply(heartbeat).to_json().decode()
                response = replace(response, headers={**response.headers, HEARTBEAT_REPLY: reply})
            exchange.send(response)

    def _record(self, body: bytes) -> Response:
        if not self.has_heartbeats:
            return problem(404, "There is nothing here.")
        if self.status:
            return problem(self.status, "The test wants it.")
        heartbeat = parse_heartbeat(body)
        self.heartbeats.append(heartbeat)
        if not self.is_approved:
            return Response(202, HeartbeatReply(is_recorded=False).to_json())
        return Response(200, self._reply(heartbeat).to_json())

    def _reply(self, heartbeat: Heartbeat) -> HeartbeatReply:
        """Record the results in a heartbeat. The blob keeps commands that are done, as one does
        that could not be written."""
        acknowledged = []
        with self._lock:
            for result in heartbeat.commands:
                self.results.setdefault(result.id, []).append(result)
                if result.state in _FINAL and self.acknowledges:
                    acknowledged.append(result.id)
        link = BlobLink(self._url("commands/gate.json"), datetime.now(UTC) + 24 * HOUR)
        return HeartbeatReply(link if self.has_link else None, self._blob.open, tuple(acknowledged))

    def _read_blob(self, headers: Mapping[str, str]) -> Response:
        if not self.has_blob:
            self.polls.append(404)
            return Response(404)
        content = self._blob.to_json()
        etag = f'"{hash(content)}"'
        is_known = headers.get("If-None-Match") == etag
        self.polls.append(304 if is_known else 200)
        return Response(self.polls[-1], b"" if is_known else content, {"ETag": etag})

    def _url(self, path: str) -> str:
        return f"{self.server.base_url}/devices/{path}?{SECRET}"

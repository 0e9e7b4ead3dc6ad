"""One session of the relay: a connection from ffmpeg, and the one to the camera that serves it."""

import select
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field

from photo_wire.errors import quoted
from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.rtsp.auth import Authenticator, AuthError, Credentials, choose_scheme
from pi_uploader.cameras.rtsp.connection import (
    DEFAULT_PORTS,
    SYSTEM_TRUST,
    Address,
    Trust,
    connect,
)
from pi_uploader.cameras.rtsp.messages import Message, MessageReader

SILENCE_SECONDS = 5.0  # without data, after which the session ends
MAX_REDIRECTS = 3
_CHUNK_SIZE = 65_536  # bytes
_USER_SETTINGS = (
    "CAMERA_USER (user in the config file) and CAMERA_PASSWORD (the systemd credential "
    "camera_password)"
)


@dataclass(frozen=True)
class Target:
    """The stream of a camera, and how it is reached. `transport` is tcp or udp; ffmpeg uses it, the
    relay names it in error texts only."""

    url: str
    credentials: Credentials | None = field(default=None, repr=False)
    trust: Trust = SYSTEM_TRUST
    transport: str = "tcp"


class RelaySession:
    """Relays requests from `client`, which ask for `relay_url`, to `target`. `camera` is where the
    camera is now, after redirects; `is_playing` whether it sends pictures."""

    def __init__(self, client: socket.socket, relay_url: str, target: Target) -> None:
        self.camera = Address(target.url)
        self.is_playing = False
        self._client = client
        self._requests = MessageReader(client)
        self._relay_url = relay_url
        self._target = target
        self._connection: socket.socket | None = None
        self._authenticator: Authenticator | None = None
        self._redirects = 0

    def shut_down(self) -> None:
        """Let `run` end; any thread may call this. It does not close the connection: `run` may be
        about to wait for it."""
        if self._connection:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection to the camera. Only the thread that calls `run` may call this."""
        self.shut_down()
        if self._connection:
            self._connection.close()

    def run(self) -> None:
        """Relay until one side ends the connection. Raises CameraError for what the camera rejects,
        NotRtspError for other data than RTSP, OSError from the connections."""
        while (request := self._requests.next()) is not None:
            if isinstance(request, bytes):
                continue  # a packet before PLAY: nothing expects it
            if self._connection is None:
                if self._relay_url not in request.first_line:
                    return  # not our ffmpeg; its later requests may have the camera's own URL
                self._connect()
            response = self._exchange(request)
            self._client.sendall(bytes(response))
            if request.method == "PLAY":
                self._forward_stream()
                return

    def _connect(self) -> None:
        self.close()
        self._authenticator = None
        self._connection = connect(self.camera, self._target.trust, SILENCE_SECONDS)
        self._responses = MessageReader(self._connection)

    def _exchange(self, request: Message) -> Message:
        """Return the camera's response to a request, after authentication and redirects. Raises
        CameraError if the camera rejects it."""
        attempts = 0
        while True:
            self._send(request)
            response = self._next_response()
            status = response.status
            if status < 300:
                return response
            if status == 401:
                attempts += 1
                self._authenticate(response, attempts)
            elif status < 400 and response.header("Location"):
                self._follow_redirect(response.header("Location"))
            else:
                raise CameraError(self._refusal_text(status, response))

    def _send(self, request: Message) -> None:
        """Send a request with the camera's own URL, and authenticated."""
        assert self._connection
        first_line = request.first_line.replace(
            f"{self._relay_url}/", f"{self.camera.url.rstrip('/')}/"
        ).replace(self._relay_url, self.camera.url)
        headers = list(request.headers)
        if self._authenticator:
            method, uri, _ = first_line.split(" ", 2)
            headers.append(("Authorization", self._authenticator.authorization(method, uri)))
        self._connection.sendall(bytes(Message(first_line, headers, request.body)))

    def _next_response(self) -> Message:
        while not (message := self._responses.next_message()).first_line.startswith("RTSP/"):
            pass  # a request from the camera
        return message

    def _authenticate(self, response: Message, attempts: int) -> None:
        """Choose how to answer the challenge of a response. Raises CameraError if that was tried
        already, or must not be answered."""
        challenges = response.header_values("WWW-Authenticate")
        is_stale = any("stale=true" in one.lower().replace('"', "") for one in challenges)
        credentials = self._target.credentials
        if credentials is None or attempts > 2 or (self._authenticator and not is_stale):
            raise CameraError(f"{self.camera} wants another user or password; see {_USER_SETTINGS}")
        try:
            self._authenticator = choose_scheme(challenges, credentials, self.camera.is_encrypted)
        except AuthError as error:
            raise CameraError(f"{self.camera} {error}") from None

    def _follow_redirect(self, location: str) -> None:
        """Connect to the address of a redirect. Raises CameraError if it is not a stream's, or is
        less protected than the camera's."""
        new = Address(location)
        try:
            is_url = new.parts.scheme in DEFAULT_PORTS and bool(new.host) and new.port > 0
        except ValueError:
            is_url = False
        self._redirects += 1
        if not is_url or self._redirects > MAX_REDIRECTS:
            raise CameraError(f"{self.camera} redirects to nowhere; see CAMERA_URL")
        if self._target.credentials:
            raise CameraError(
                f"{self.camera} redirects to {new}, which gets no password; if that is the "
                "camera, set CAMERA_URL to it"
            )
        if self.camera.is_encrypted and not new.is_encrypted:
            raise CameraError(
                f"{self.camera} redirects to {new}, which is not encrypted; if that is wanted, "
                "set CAMERA_URL to it"
            )
        self.camera = new
        self._connect()

    def _refusal_text(self, status: int, response: Message) -> str:
        if status == 404:
            return f"{self.camera} has no such stream; see the path in CAMERA_URL"
        if status == 461:
            return wrong_transport_text(self.camera, self._target.transport)
        reason = response.first_line.split(" ", 1)[1][:100]
        return f"{self.camera} rejects the request with {quoted(reason)[1:-1]}"

    def _forward_stream(self) -> None:
        """Forward pictures to ffmpeg, and its requests to the camera, until one side ends."""
        assert self._connection
        self.is_playing = True
        self._client.sendall(self._responses.take_buffered())
        while True:
            # TLS may have decrypted data already, which select() does not see.
            is_pending = isinstance(self._connection, ssl.SSLSocket) and self._connection.pending()
            both = [self._client, self._connection]
            ready = [self._connection] if is_pending else select.select(both, [], [])[0]
            if self._connection in ready:
                pictures = self._connection.recv(_CHUNK_SIZE)
                if not pictures:
                    return
                self._client.sendall(pictures)
            if self._client in ready and not self._forward_requests():
                return

    def _forward_requests(self) -> bool:
        """Send the camera what ffmpeg has sent by now; return False at the end of its
        connection."""
        assert self._connection
        message = self._requests.next()
        while message is not None:
            if isinstance(message, bytes):
                self._connection.sendall(message)
            else:
                self._send(message)
            if not self._requests.has_buffered:
                return True
            message = self._requests.next()
        return False


def silence_text(camera: Address | str) -> str:
    """Return the error text for a camera that sends nothing, or nothing usable."""
    return f"{camera} sent no data for {SILENCE_SECONDS:g} s, or no RTSP, or no complete picture"


def wrong_transport_text(camera: Address, transport: str) -> str:
    """Return the error text for a camera that does not send its pictures by this transport."""
    other = {"tcp": "udp", "udp": "tcp"}[transport]
    return (
        f"{camera} does not send pictures over {transport.upper()}; set CAMERA_TRANSPORT={other} "
        f'(transport = "{other}" in the config file)'
    )

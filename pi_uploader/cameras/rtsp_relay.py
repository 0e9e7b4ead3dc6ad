"""A relay on this machine between ffmpeg and a network camera, which knows the password.

ffmpeg gives a password to whoever answers: it verifies no certificate (no version before 7 can),
answers a demand for Basic without encryption, and follows a redirect with the password in hand. So
it never gets one. It talks to this relay, without a password and unencrypted; the relay connects to
the camera, verifies it, and authenticates each request. Pictures over TCP go through the relay;
over UDP the camera sends them to ffmpeg directly.
"""

import secrets
import select
import socket
import ssl
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from photo_wire.errors import quoted
from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.rtsp_auth import Answer, AuthError, Credentials, answer_to
from pi_uploader.cameras.rtsp_connection import PORTS, Address, Trust, connect
from pi_uploader.cameras.rtsp_messages import Message, NotRtspError, Reader

SILENCE = 5.0  # seconds in which the camera sends nothing, after which it is given up
MAX_REDIRECTS = 3
_CHUNK = 65_536  # bytes
_USER = (
    "CAMERA_USER (user in the config file) and CAMERA_PASSWORD (the systemd credential "
    "camera_password)"
)


class RtspRelay:
    """Relays from `url`, which is new for each relay and known to nobody else, to the camera's
    stream at `camera_url`, as long as the block lasts. `transport` is tcp or udp, and stands in
    messages only.

    `problem` says why the last connection failed, and is empty if it did not.
    """

    def __init__(
        self,
        camera_url: str,
        credentials: Credentials | None = None,
        trust: Trust | None = None,
        transport: str = "tcp",
    ) -> None:
        self._camera_url = camera_url
        self._credentials = credentials
        self._trust = trust or Trust()
        self._transport = transport
        self._session: _Session | None = None
        self._is_over = False
        self.problem = ""

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._address = self._listener.getsockname()
        self.url = f"rtsp://127.0.0.1:{self._address[1]}/{secrets.token_hex(16)}"
        self._thread = threading.Thread(target=self._serve, name="rtsp relay", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over = True
        if self._session:
            self._session.end()
        with suppress(OSError):
            socket.create_connection(self._address).close()  # wakes whoever waits for a connection
        self._thread.join(SILENCE)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            client, _ = self._listener.accept()
            with client:
                if self._is_over:
                    return
                self.problem = self._relay(client)

    def _relay(self, client: socket.socket) -> str:
        """Serve one connection of ffmpeg's; return what went wrong."""
        self._session = _Session(
            client, self.url, self._camera_url, self._credentials, self._trust, self._transport
        )
        try:
            self._session.run()
        except CameraError as error:
            return str(error)
        except (OSError, NotRtspError) as error:
            if self._session.is_playing:
                return ""  # ffmpeg has left, or says itself what it misses
            return self._described(error)
        finally:
            self._session.close()
        return ""

    def _described(self, error: Exception) -> str:
        camera = self._session.camera if self._session else self._camera_url
        if isinstance(error, TimeoutError):
            return (
                f"{camera} gave nothing for {SILENCE:g} s, or what is no RTSP or no whole picture"
            )
        if isinstance(error, OSError):
            return f"{camera} ended the connection: {error.strerror or error}"
        return f"{camera} gave what is no RTSP"


class _Session:
    """One connection of ffmpeg's and the one to the camera that serves it."""

    def __init__(
        self,
        client: socket.socket,
        relay_url: str,
        camera_url: str,
        credentials: Credentials | None,
        trust: Trust,
        transport: str,
    ) -> None:
        self.camera = Address(camera_url)
        self.is_playing = False
        self._client = client
        self._requests = Reader(client)
        self._relay_url = relay_url
        self._credentials = credentials
        self._trust = trust
        self._transport = transport
        self._connection: socket.socket | None = None
        self._answer: Answer | None = None
        self._redirects = 0

    def end(self) -> None:
        """Let `run` end; any thread may call this. It does not close the connection: `run` may be
        about to wait for it."""
        if self._connection:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection to the camera; for the thread of `run`."""
        self.end()
        if self._connection:
            self._connection.close()

    def run(self) -> None:
        """Relay until one of the two ends it. Raises CameraError for what the camera refuses,
        NotRtspError for garbage, OSError from the connections."""
        while (request := self._requests.next()) is not None:
            if isinstance(request, bytes):
                continue  # nothing is played yet
            if self._connection is None:
                if self._relay_url not in request.first_line:
                    return  # not our ffmpeg; later requests may have the camera's own URL
                self._connect()
            response = self._exchange(request)
            self._client.sendall(bytes(response))
            if request.method == "PLAY":
                self._play()
                return

    def _connect(self) -> None:
        self.close()
        self._answer = None
        self._connection = connect(self.camera, self._trust, SILENCE)
        self._responses = Reader(self._connection)

    def _exchange(self, request: Message) -> Message:
        """Return the camera's answer to a request, once it is authenticated and redirected.
        Raises CameraError if the camera refuses it."""
        tries = 0
        while True:
            self._send(request)
            response = self._next_response()
            status = response.status
            if status < 300:
                return response
            if status == 401:
                tries += 1
                self._authenticate(response, tries)
            elif status < 400 and response.value("Location"):
                self._follow(response.value("Location"))
            else:
                raise CameraError(self._refusal(status, response))

    def _send(self, request: Message) -> None:
        """Send a request as the camera is to see it: with its own URL, and authenticated."""
        assert self._connection
        first_line = request.first_line.replace(
            f"{self._relay_url}/", f"{self.camera.url.rstrip('/')}/"
        ).replace(self._relay_url, self.camera.url)
        headers = list(request.headers)
        if self._answer:
            method, uri, _ = first_line.split(" ", 2)
            headers.append(("Authorization", self._answer.header(method, uri)))
        self._connection.sendall(bytes(Message(first_line, headers, request.body)))

    def _next_response(self) -> Message:
        while not (found := self._responses.next_message()).first_line.startswith("RTSP/"):
            pass  # a request of the camera's own
        return found

    def _authenticate(self, response: Message, tries: int) -> None:
        challenges = response.values("WWW-Authenticate")
        is_stale = any("stale=true" in one.lower().replace('"', "") for one in challenges)
        if self._credentials is None or tries > 2 or (self._answer and not is_stale):
            raise CameraError(f"{self.camera} wants another user or password; see {_USER}")
        try:
            self._answer = answer_to(challenges, self._credentials, self.camera.is_encrypted)
        except AuthError as error:
            raise CameraError(f"{self.camera} {error}") from None

    def _follow(self, location: str) -> None:
        """Connect to where the camera sends its viewers."""
        target = Address(location)
        try:
            is_url = target.parts.scheme in PORTS and bool(target.host) and target.port > 0
        except ValueError:
            is_url = False
        self._redirects += 1
        if not is_url or self._redirects > MAX_REDIRECTS:
            raise CameraError(f"{self.camera} redirects to nowhere; see CAMERA_URL")
        if self._credentials:
            raise CameraError(
                f"{self.camera} redirects to {target}, which gets no password; if that is the "
                "camera, set CAMERA_URL to it"
            )
        if self.camera.is_encrypted and not target.is_encrypted:
            raise CameraError(
                f"{self.camera} redirects to {target}, which is not encrypted; if that is wanted, "
                "set CAMERA_URL to it"
            )
        self.camera = target
        self._connect()

    def _refusal(self, status: int, response: Message) -> str:
        if status == 404:
            return f"{self.camera} has no such stream; see the path in CAMERA_URL"
        if status == 461:
            return wrong_transport(self.camera, self._transport)
        reason = response.first_line.split(" ", 1)[1][:100]
        return f"{self.camera} refuses with {quoted(reason)[1:-1]}"

    def _play(self) -> None:
        """Let pictures through, and what ffmpeg says meanwhile."""
        assert self._connection
        self.is_playing = True
        self._client.sendall(self._responses.rest())
        while True:
            is_waiting = isinstance(self._connection, ssl.SSLSocket) and self._connection.pending()
            both = [self._client, self._connection]
            ready = [self._connection] if is_waiting else select.select(both, [], [])[0]
            if self._connection in ready:
                pictures = self._connection.recv(_CHUNK)
                if not pictures:
                    return
                self._client.sendall(pictures)
            if self._client in ready and not self._pass_on():
                return

    def _pass_on(self) -> bool:
        """Send the camera what ffmpeg has just said; return False at the end."""
        assert self._connection
        said = self._requests.next()
        while said is not None:
            if isinstance(said, bytes):
                self._connection.sendall(said)
            else:
                self._send(said)
            if not self._requests.has_more:
                return True
            said = self._requests.next()
        return False


def wrong_transport(camera: Address, transport: str) -> str:
    """Return what is said of a camera that does not send its pictures by this transport."""
    other = {"tcp": "udp", "udp": "tcp"}[transport]
    return (
        f"{camera} does not send pictures over {transport.upper()}; set CAMERA_TRANSPORT={other} "
        f'(transport = "{other}" in the config file)'
    )

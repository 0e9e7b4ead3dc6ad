"""A relay on this machine between ffmpeg and a network camera. Only the relay knows the password.

ffmpeg gives a password to any server: it verifies no certificate (no version before 7 can), answers
a challenge for Basic without encryption, and follows a redirect with the password. So it never gets
the password. It talks to this relay, without a password and unencrypted; the relay connects to the
camera, verifies it, and authenticates each request. Pictures over TCP go through the relay; over
UDP the camera sends them to ffmpeg directly.
"""

import secrets
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.rtsp.messages import NotRtspError
from pi_uploader.cameras.rtsp.session import SILENCE_SECONDS, RelaySession, Target, silence_text


class RtspRelay:
    """A context manager that relays from `url` to the camera's stream. `url` is new for each relay,
    and only ffmpeg learns it.

    `problem` says why the last connection failed; it is empty if it did not fail.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._session: RelaySession | None = None
        self._is_closing = False
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
        self._is_closing = True
        if self._session:
            self._session.shut_down()
        with suppress(OSError):
            socket.create_connection(self._address).close()  # wakes accept() in the thread
        self._thread.join(SILENCE_SECONDS)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            client, _ = self._listener.accept()
            with client:
                if self._is_closing:
                    return
                self.problem = self._relay(client)

    def _relay(self, client: socket.socket) -> str:
        """Serve one connection from ffmpeg. Return the error text if it failed, else an empty
        text."""
        self._session = RelaySession(client, self.url, self._target)
        try:
            self._session.run()
        except CameraError as error:
            return str(error)
        except (OSError, NotRtspError) as error:
            if self._session.is_playing:
                return ""  # ffmpeg has closed the connection, or reports the problem itself
            return self._describe(error)
        finally:
            self._session.close()
        return ""

    def _describe(self, error: Exception) -> str:
        camera = self._session.camera if self._session else self._target.url
        if isinstance(error, TimeoutError):
            return silence_text(camera)
        if isinstance(error, OSError):
            return f"{camera} ended the connection: {error.strerror or error}"
        return f"{camera} sent what is not RTSP"

"""A relay between the backend and Azurite's tables that can cut a connection in the middle."""

import socket
import struct
import threading
from types import TracebackType

from local.azurite import Azurite


class TableRelay:
    """Relays bytes until it is told to reset or swallow them. Listens while its `with` block
    lasts."""

    def __init__(self, azurite: Azurite) -> None:
        self._target = ("127.0.0.1", azurite.ports[2])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._resetting = threading.Event()
        self._failing = threading.Event()
        self._swallowing = threading.Event()
        self._held = b""  # part of the requests that are held back
        self.swallowed = threading.Event()
        self.resets = 0
        port = self._listener.getsockname()[1]
        table = f"TableEndpoint=http://127.0.0.1:{azurite.ports[2]}/"
        self.connection_string = azurite.connection_string.replace(
            table, f"TableEndpoint=http://127.0.0.1:{port}/"
        )

    def reset_next_request(self) -> None:
        """Reset the connection at the next bytes from a client, once."""
        self._resetting.set()

    def reset_all_requests(self) -> None:
        """Reset each connection at the next bytes from its client, from now on."""
        self._failing.set()

    def swallow(self, table: str = "") -> None:
        """Send nothing to the tables any more, or nothing that names this table; `swallowed` is set
        when something was held back."""
        self._held = f"/{table}".encode() if table else b""
        self._swallowing.set()

    def __enter__(self) -> "TableRelay":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            for source, sink in ((client, server), (server, client)):
                up = source is client
                threading.Thread(target=self._pass_on, args=(source, sink, up), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, up: bool) -> None:
        is_held = False
        try:
            while data := source.recv(65536):
                if up and (self._resetting.is_set() or self._failing.is_set()):
                    self._resetting.clear()
                    self.resets += 1
                    source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    break
                if up and self._swallowing.is_set():
                    is_held = is_held or self._held in data  # and so is the rest of its body
                    if is_held:
                        self.swallowed.set()
                        continue
                sink.sendall(data)
        except OSError:
            pass  # the other half was closed
        for end in (source, sink):
            end.close()

"""`pi-uploader serve`: the page's server, until a signal."""

import logging
import os
import socket
import threading
from typing import Any

from pi_uploader.clock import Clock
from pi_uploader.serve.app import PageApp
from pi_uploader.serve.capture_client import CaptureClient
from pi_uploader.settings import ServeSettings, SettingsError
from pi_uploader.settings.values import Address
from pi_uploader.watchdog import Watchdog

THREADS = 8  # three for viewers, two for photos, three for the rest
MAX_CONNECTIONS = 100  # further ones wait in the kernel's queue
IDLE_SECONDS = 20  # until a connection that sends no request is closed
STALLED_SECONDS = 30  # until one is closed whose client reads nothing
MAX_HEADERS = MAX_BODY = 16 * 1024  # bytes of a request
BUFFER = 256 * 1024  # bytes for a client that reads slowly; then its thread waits
SOCKET_BUFFER = 128 * 1024  # bytes for the same in the kernel
CHECK_SECONDS = 10.0  # between two keep-alives
KEEP_ALIVE_SECONDS = 40.0

log = logging.getLogger("serve")


def run_serve(settings: ServeSettings, stop: threading.Event) -> int:
    """Serve the page until `stop` is set; return the exit code of the process.

    Raises SettingsError if the page is off or its libraries are missing, OSError if the address
    cannot be used.
    """
    if settings.address is None:
        raise SettingsError(["CAMERA_SERVE: is off; expected an address such as 0.0.0.0:8080"])
    watchdog = Watchdog()
    keep_alive = watchdog.watch("the server")
    clock = Clock(settings.clock_is_trusted)
    capture = CaptureClient(settings.spool, lambda: os.urandom(4).hex())
    app = PageApp(settings, capture, stop.wait, clock)
    with _listen(settings.address) as listener:
        server = _make_server(app, listener)
        thread = threading.Thread(target=server.run, name="server", daemon=True)
        thread.start()
        host = (
            f"[{settings.address.host}]" if ":" in settings.address.host else settings.address.host
        )
        log.info("the page is at http://%s:%d/", host, settings.address.port)
        watchdog.notify_ready()
        watchdog.start()
        while thread.is_alive():
            keep_alive(KEEP_ALIVE_SECONDS)
            if stop.wait(CHECK_SECONDS):
                return 0
    log.error("the server has ended")
    return 1


def _listen(address: Address) -> socket.socket:
    """Return a socket that is bound to this address. Raises OSError, which names it."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        # Accepted connections inherit both. Without the timeout one that reads nothing keeps its
        # thread.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_SECONDS * 1000)
        listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        problem = f"CAMERA_SERVE: {address.host}:{address.port} cannot be used: {error.strerror}"
        raise OSError(error.errno, problem) from None
    return listener


def _make_server(app: PageApp, listener: socket.socket) -> Any:
    import waitress

    # It logs each queued request and each connection above the limit: a flood would fill the log.
    logging.getLogger("waitress").setLevel(logging.CRITICAL)
    return waitress.create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        connection_limit=MAX_CONNECTIONS,
        backlog=128,
        channel_timeout=IDLE_SECONDS,
        cleanup_interval=5,
        max_request_header_size=MAX_HEADERS,
        max_request_body_size=MAX_BODY,
        outbuf_high_watermark=BUFFER,
        outbuf_overflow=1 << 30,  # never into a file: it would fill the disk
        inbuf_overflow=1 << 30,
        asyncore_use_poll=True,
        log_socket_errors=False,
        clear_untrusted_proxy_headers=True,
        ident=None,
    )

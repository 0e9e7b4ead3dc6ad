"""`pi-uploader serve`: the page's server, until a signal."""

import logging
import os
import socket
import threading
from typing import Any

from pi_uploader.clock import Clock
from pi_uploader.local_view.capture_client import CaptureClient
from pi_uploader.serve.app import PageApp
from pi_uploader.serve.listener import listen, passed_listener, url_of
from pi_uploader.settings import ServeSettings, SettingsError
from pi_uploader.watchdog import Watchdog

THREADS = 8  # three for viewers, two for photos, three for the rest
MAX_CONNECTIONS = 100  # further ones wait in the kernel's queue
IDLE_SECONDS = 20  # until a connection that sends no request is closed
MAX_HEADERS = MAX_BODY = 16 * 1024  # bytes of a request
BUFFER = 256 * 1024  # bytes for a client that reads slowly; then its thread waits
CHECK_SECONDS = 10.0  # between two keep-alives
KEEP_ALIVE_SECONDS = 40.0
UNUSED_SECONDS = 300.0  # without a request, after which a process that systemd has started ends

log = logging.getLogger("serve")


def run_serve(settings: ServeSettings, stop: threading.Event) -> int:
    """Serve the page until `stop` is set; return the exit code of the process. If systemd has
    started it for a connection, it ends once nobody has used the page for UNUSED_SECONDS.

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
    passed = passed_listener(settings.address, os.environ)
    with passed or listen(settings.address) as listener:
        server = _make_server(app, listener)
        thread = threading.Thread(target=server.run, name="server", daemon=True)
        thread.start()
        log.info("the page is at %s", url_of(listener))
        watchdog.notify_ready()
        watchdog.start()
        while thread.is_alive():
            keep_alive(KEEP_ALIVE_SECONDS)
            if stop.wait(CHECK_SECONDS):
                return 0
            if passed and app.idle_seconds() > UNUSED_SECONDS:
                server.trigger.pull_trigger(lambda: _close_if_unused(server))
                thread.join(CHECK_SECONDS)
    if passed and app.idle_seconds() > UNUSED_SECONDS:
        log.info("nobody looks at the page: this process ends, and the next visit starts another")
        return 0
    log.error("the server has ended")
    return 1


def _close_if_unused(server: Any) -> None:
    """Close the server, which ends its thread, unless somebody has connected meanwhile. Call this
    in that thread, which accepts connections: then none is lost. Further ones wait for the next
    process."""
    if not server.active_channels:
        server.close()


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

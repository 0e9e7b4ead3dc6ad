"""The socket on which the page listens: one of its own, or the one with which systemd starts it."""

import logging
import os
import socket
from collections.abc import Mapping

from pi_uploader.settings import SettingsError
from pi_uploader.settings.values import Address

FIRST_FD = 3  # SD_LISTEN_FDS_START
STALLED_SECONDS = 30  # until a connection is closed whose client reads nothing
SOCKET_BUFFER = 128 * 1024  # bytes in the kernel for a client that reads slowly

log = logging.getLogger("serve")


def passed_listener(address: Address, environ: Mapping[str, str]) -> socket.socket | None:
    """Return the socket that systemd listened on until somebody called (sd_listen_fds(3)); None if
    this process was not started so. If its address is not `address`, log that. Raises SettingsError
    if there are several."""
    if environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    if environ.get("LISTEN_FDS") != "1":
        raise SettingsError(["pi-uploader-serve.socket: expected one ListenStream="])
    listener = socket.socket(fileno=FIRST_FD)
    listener.set_inheritable(False)
    _limit_clients(listener)
    if listener.getsockname()[:2] != (address.host, address.port):
        log.warning(
            "CAMERA_SERVE is %s, but systemd listens on %s: run install.sh again, which changes "
            "pi-uploader-serve.socket",
            _text(address.host, address.port),
            _text(*listener.getsockname()[:2]),
        )
    return listener


def listen(address: Address) -> socket.socket:
    """Return a socket that is bound to this address. Raises OSError, which names it."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _limit_clients(listener)
        listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        problem = f"CAMERA_SERVE: {address.host}:{address.port} cannot be used: {error.strerror}"
        raise OSError(error.errno, problem) from None
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the address of the page."""
    return f"http://{_text(*listener.getsockname()[:2])}/"


def _limit_clients(listener: socket.socket) -> None:
    """Set what accepted connections inherit. Without the timeout one that reads nothing keeps its
    thread."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_SECONDS * 1000)


def _text(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

"""What the process that sends may do. Each test has a process of its own: a hook stays."""

import subprocess
import sys
from pathlib import Path

import pytest

from function_app.notify import senders
from function_app.notify.senders.send_process.guard import is_allowed, is_listed
from function_app.private_networks import LOOPBACK_NETWORKS, parse_networks

_START = """
import sys
sys.path.insert(0, {folder!r})
from send_process.guard import BlockedError, Guard
import os, shutil, socket, ssl, subprocess, tempfile
import ipaddress
guard = Guard([ipaddress.ip_network(one) for one in {networks}], sys.path)
guard.install()
"""


def run(code: str, *networks: str) -> str:
    """Run code in a guarded process; return what it printed, the name of an error if it raised
    one."""
    folder = str(Path(senders.__file__).parent)
    start = _START.format(folder=folder, networks=networks)
    body = "\n    ".join(code.splitlines())
    whole = (
        f"{start}try:\n    {body}\nexcept Exception as error:\n    print(type(error).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", whole], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("address", "default", "loopback", "lan"),
    [
        ("93.184.216.34", True, True, True),
        ("2606:2800:220:1::1", True, True, True),
        ("::ffff:93.184.216.34", True, True, True),
        ("127.0.0.1", False, True, False),
        ("127.8.9.1", False, True, False),
        ("::1", False, True, False),
        ("::ffff:127.0.0.1", False, True, False),
        ("192.168.1.20", False, False, True),
        ("::ffff:192.168.1.20", False, False, True),
        ("192.168.2.20", False, False, False),
        ("fd00::20", False, False, True),
        ("fd01::20", False, False, False),
        ("169.254.169.254", False, False, False),
        ("168.63.129.16", False, False, False),
        ("64:ff9b::5db8:d822", False, False, False),
        ("64:ff9b::c0a8:114", False, False, False),
        ("2002:c0a8:114::", False, False, False),
        ("2001::1", False, False, False),
        ("fe80::1%eth0", False, False, False),
        ("0.0.0.0", False, False, False),  # noqa: S104
        ("localhost", False, False, False),
        ("127.1", False, False, False),
        ("2130706433", False, False, False),
        ("", False, False, False),
    ],
)
def test_public_addresses_are_allowed_and_listed_ones(
    address: str, default: bool, loopback: bool, lan: bool
) -> None:
    assert is_allowed(address, ()) is default
    assert is_allowed(address, LOOPBACK_NETWORKS) is loopback
    assert is_allowed(address, parse_networks("192.168.1.0/24, fd00::/16")) is lan


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_this_machine_is_listed_by_its_addresses(host: str) -> None:
    assert is_listed(host, LOOPBACK_NETWORKS)
    assert not is_listed(host, ())
    assert not is_listed(host, parse_networks("10.0.0.0/8"))


@pytest.mark.parametrize(
    "code",
    [
        "socket.create_connection(('127.0.0.1', 1))",
        "socket.socket().connect(('localhost', 1))",  # resolved by connect() itself
        "socket.socket().connect_ex(('127.0.0.1', 1))",
        "socket.socket(type=socket.SOCK_DGRAM).connect(('127.0.0.1', 1))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 1))",
        "socket.socket(type=socket.SOCK_DGRAM).sendmsg([b'x'], [], 0, ('127.0.0.1', 1))",
        "socket.socket(socket.AF_UNIX).connect('/run/docker.sock')",
        "tls = ssl.create_default_context().wrap_socket(socket.socket(), server_hostname='x')\n"
        "tls.connect(('127.0.0.1', 1))",
        "subprocess.run(['true'])",
        "os.system('true')",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.execv('/bin/true', ['true'])",
        "os.fork()",
        "open('/etc/passwd')",
        "open('/proc/self/environ')",
        "os.open('/etc/passwd', os.O_RDONLY)",
        "open(os.devnull + '/../../etc/passwd')",
        "open('/dev/shm/x', 'w')",
        "open(os.__file__, 'a')",
        "os.remove('/dev/shm/x')",
        "os.rename('/dev/shm/x', '/dev/shm/y')",
        "tempfile.mkstemp(dir='/dev/shm')",
        "shutil.rmtree('/dev/shm/x')",
        "import syslog; syslog.syslog('x')",
    ],
)
def test_it_is_refused(code: str) -> None:
    assert run(code) == "BlockedError"


@pytest.mark.parametrize(
    "code",
    [
        "import decimal, sqlite3, xml.dom.minidom",
        "open(os.__file__).read(10)",
        "ssl.create_default_context()",
        "socket.getaddrinfo('127.0.0.1', 1)",
        "open(os.devnull, 'w').close()",
        "socket.socketpair()",
    ],
)
def test_it_is_allowed(code: str) -> None:
    assert run(code + "\nprint('done')") == "done"


def test_loopback_may_be_allowed() -> None:
    assert run("socket.create_connection(('127.0.0.1', 1))", "127.0.0.0/8") in (
        "ConnectionRefusedError",
        "TimeoutError",
    )


def test_it_remembers_a_refused_connection_alone() -> None:
    code = "try:\n    {}\nexcept OSError:\n    print(guard.blocked)"
    assert run(code.format("open('/etc/passwd')")) == "None"
    assert run(code.format("socket.create_connection(('127.0.0.1', 1))")) == "127.0.0.1"
    assert run(code.format("socket.socket(socket.AF_UNIX).connect('/run/x.sock')")) == ""

"""docs/notifications.md: the receiver works as it is written, and so do the addresses."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from apprise import Apprise

from function_app.notify.notification import Address, Outcome
from function_app.notify.senders.addresses import (
    AddressRules,
    address_problem,
    new_webhook_secret,
)
from function_app.notify.senders.sender import Sender
from function_app.private_networks import parse_networks
from local.processes import ROOT
from tests.support.receivers import notification
from tests.support.waiting import wait_for

PAGE = (ROOT / "docs" / "notifications.md").read_text()
ADDRESSES = re.findall(r"`([a-z0-9]+s?://(?!\.\.\.)[^`.]+[^`]*)`", PAGE)
LISTED = AddressRules(parse_networks("192.168.1.20"))  # as the page has it


@contextmanager
def running_receiver(secret: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run the page's receiver on a free port; yield it and the port."""
    (code,) = re.findall(r"```python\n(.+?)```", PAGE, re.DOTALL)
    with socket.socket() as reserved:  # so that nobody else gets the port
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        code = code.replace("whsec_...", secret).replace("8000", str(port))
        with subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            try:
                wait_for(lambda: _is_open(port), what="the receiver")
                yield process, port
            finally:
                process.kill()


def _is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_receiver_checks_signatures(sender: Sender) -> None:
    secret = new_webhook_secret()
    with running_receiver(secret) as (process, port):
        assert process.stdout
        url = f"http://127.0.0.1:{port}/"
        assert sender(Address("webhook", url, secret), notification()).outcome == Outcome.SENT
        line = process.stdout.readline()
        assert line == "photo gate: motion https://photos.example/?photo=gate-1\n"
        forged = sender(Address("webhook", url, new_webhook_secret()), notification())
        assert (forged.outcome, forged.why[:15]) == (Outcome.RETRY, "it answered 401")


def is_template(address: str) -> bool:
    """Return whether an address has words in capitals that stand for something."""
    return bool(re.search(r"TOKEN|USER_KEY|WEBHOOK_ID", address))


@pytest.mark.parametrize(
    "address", [one for one in ADDRESSES if not one.startswith("http") and not is_template(one)]
)
def test_each_address_is_accepted(address: str) -> None:
    assert address_problem(Address("apprise", address), LISTED) is None
    assert Apprise.instantiate(address) is not None


def test_addresses_were_found() -> None:
    schemes = {one.partition("://")[0] for one in ADDRESSES}
    assert schemes >= {"ntfys", "mailtos", "tgram", "signals", "hassios", "pover", "matrixs"}
    templates = {one for one in ADDRESSES if is_template(one) and not one.startswith("http")}
    for address in templates:
        assert address_problem(Address("apprise", address), LISTED) is None

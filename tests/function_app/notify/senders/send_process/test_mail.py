"""Mail goes to public servers with TLS alone, and failures of its connections are known."""

import smtplib
import socket

import pytest

from function_app.notify.senders.send_process import mail
from function_app.notify.senders.send_process.exchange import Exchange
from function_app.notify.senders.send_process.guard import PlainTextError
from function_app.private_networks import LOOPBACK_NETWORKS, IPNetwork
from tests.support.mail_server import Mailbox, mail_server

CHANGED = ("getreply", "connect", "starttls", "login", "sendmail")


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Exchange:
    """What becomes of the mails of this process, whose smtplib is restored after the test."""
    for name in CHANGED:
        monkeypatch.setattr(smtplib.SMTP, name, getattr(smtplib.SMTP, name))
    return Exchange()


@pytest.mark.parametrize("networks", [(), LOOPBACK_NETWORKS])
def test_neither_password_nor_mail_is_sent_unencrypted_to_a_server_that_is_not_listed(
    exchange: Exchange, networks: tuple[IPNetwork, ...]
) -> None:
    mail.install(exchange, networks)
    mailbox = Mailbox()
    with mail_server(mailbox) as port, smtplib.SMTP("127.0.0.1", port) as client:
        if networks:
            client.sendmail("a@x.example", ["b@x.example"], "hello")
        else:
            with pytest.raises(PlainTextError):
                client.login("me", "a password")
            with pytest.raises(PlainTextError):
                client.sendmail("a@x.example", ["b@x.example"], "hello")
    assert len(mailbox.messages) == (1 if networks else 0)
    assert exchange.error == ("" if networks else "PlainTextError")


def test_a_failed_connection_has_a_name(exchange: Exchange) -> None:
    mail.install(exchange, ())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", port)
    assert exchange.error == "ConnectionRefused"


def test_a_server_without_tls(exchange: Exchange) -> None:
    mail.install(exchange, ())
    with (
        mail_server(Mailbox()) as port,
        smtplib.SMTP("127.0.0.1", port) as client,
        pytest.raises(smtplib.SMTPNotSupportedError),
    ):
        client.starttls()
    assert exchange.error == "SMTPNotSupportedError"

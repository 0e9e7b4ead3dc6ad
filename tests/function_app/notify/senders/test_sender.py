"""Sending for real: to a browser, a webhook, ntfy and a mail server on loopback."""

import gzip
import json
import logging
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from standardwebhooks import Webhook

from function_app.notify.notification import Address, Outcome, Result, Trust
from function_app.notify.senders import sender as sender_module
from function_app.notify.senders.addresses import new_webhook_secret
from function_app.notify.senders.process import SendProcess
from function_app.notify.senders.send_process.main import MAX_MEMORY_BYTES
from function_app.notify.senders.sender import Sender, open_sender
from function_app.notify.senders.slots import SenderSlots
from function_app.private_networks import LOOPBACK_NETWORKS
from function_app.settings import Network, Settings
from tests.support.fault_server import Exchange, FaultServer, Handler
from tests.support.faults import cut_request, hang, redirect, respond_with
from tests.support.mail_server import Mailbox, mail_server
from tests.support.memory_store import MemoryTable, memory_services
from tests.support.pictures import jpeg
from tests.support.push_service import PushService
from tests.support.receivers import Inbox, notification
from tests.support.store import Response

SENT = Result(Outcome.SENT)
HERE = Network(channel_networks=LOOPBACK_NETWORKS)
SETTINGS = Settings("UseDevelopmentStorage=true", network=HERE)
THUMBNAIL = jpeg(48, 36)
# Heads of answers whose body never comes to its end.
NEVER_ENDING = (
    b"Content-Length: 9\r\n\r\nx",
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"Content-Length: 9\r\nContent-Encoding: gzip\r\n\r\nnot",
    b"Connection: close\r\n\r\nx",
)
NewSender = Callable[[Network], Sender]


def happened(result: Result) -> Result:
    """Return a result without what a person can do."""
    return replace(result, why=result.why.partition("; ")[0])


def never_ending(head: bytes) -> Handler:
    """Return a handler that answers with these bytes, and then says nothing more."""

    def handler(exchange: Exchange) -> None:
        exchange.read()
        exchange.send_bytes(head)
        exchange.wait_for_close()

    return handler


def ntfy(server: FaultServer, topic: str = "topic") -> Address:
    return Address("apprise", f"ntfy://127.0.0.1:{server.port}/{topic}")


def webhook(server: FaultServer, path: str = "/hook") -> Address:
    return Address("webhook", server.base_url + path, new_webhook_secret())


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def mail(mailbox: Mailbox) -> Iterator[Address]:
    with mail_server(mailbox) as port:
        yield Address("apprise", f"mailto://127.0.0.1:{port}/?from=gate@x.example&to=me@x.example")


class TestABrowser:
    def test_it_decrypts_what_was_sent(
        self, sender: Sender, push_service: PushService, public_key: str
    ) -> None:
        browser = push_service.subscribe(public_key)
        snooze = {"button": "Still", "title": "gate: bis {end}", "body": "Fotos bleiben."}
        sent = notification(thumbnail=THUMBNAIL, language="de", snooze=snooze)
        assert sender(Address("webpush", browser.subscription), sent) == SENT
        (message,) = browser.messages
        assert message.content == {
            "id": sent.id,
            "kind": "photo",
            "title": sent.title,
            "body": sent.body,
            "url": sent.url,
            "camera": "gate",
            "at": "2026-11-28T14:03:22+00:00",
            "tag": "gate",
            "language": "de",
            "snooze": snooze,
        }
        assert (message.headers["Ttl"], message.headers["Urgency"]) == ("86400", "high")
        assert push_service.problems == []

    def test_a_browser_that_was_away_gets_the_newest_of_a_tag(
        self, sender: Sender, push_service: PushService, public_key: str
    ) -> None:
        browser = push_service.subscribe(public_key)
        address = Address("webpush", browser.subscription)
        for number, tag in enumerate(["gate", "yard", "gate", "", ""]):
            assert sender(address, notification(id=str(number), tag=tag)) == SENT
        assert [one.content["id"] for one in browser.pending] == ["1", "2", "3", "4"]

    def test_a_browser_that_is_not_subscribed_is_gone(
        self, sender: Sender, push_service: PushService, public_key: str
    ) -> None:
        browser = push_service.subscribe(public_key)
        browser.is_subscribed = False
        result = sender(Address("webpush", browser.subscription), notification())
        assert happened(result) == Result(Outcome.GONE, "it answered 410")
        browser.endpoint += "x"
        result = sender(Address("webpush", browser.subscription), notification())
        assert happened(result) == Result(Outcome.GONE, "it answered 404")

    def test_a_subscription_for_another_key_is_rejected(
        self, sender: Sender, push_service: PushService, public_key: str
    ) -> None:
        browser = push_service.subscribe(public_key[:-1] + ("A" if public_key[-1] != "A" else "E"))
        result = sender(Address("webpush", browser.subscription), notification())
        assert happened(result) == Result(Outcome.REJECTED, "it answered 403")
        push_service.problems.clear()

    def test_the_contact_is_the_public_address(
        self, new_sender: NewSender, push_service: PushService, public_key: str
    ) -> None:
        network = replace(
            HERE, public_origin="https://photos.example", push_hosts=(push_service.host,)
        )
        browser = push_service.subscribe(public_key)
        assert new_sender(network)(Address("webpush", browser.subscription), notification()) == SENT
        assert browser.messages[0].claims["sub"] == "https://photos.example"


class TestAWebhook:
    def test_it_gets_signed_json(self, sender: Sender, receiver: FaultServer, inbox: Inbox) -> None:
        address, sent = webhook(receiver), notification(thumbnail=THUMBNAIL)
        assert sender(address, sent) == SENT
        ((request, body),) = inbox.messages
        content = Webhook(address.secret).verify(body, dict(request.headers))
        assert request.headers["webhook-id"] == "event1_channel1"
        assert (request.method, request.path) == ("POST", "/hook")
        assert content["type"] == "photo"
        assert content["data"] == {
            "id": sent.id,
            "camera": "gate",
            "at": "2026-11-28T14:03:22+00:00",
            "title": sent.title,
            "body": sent.body,
            "url": sent.url,
            "photo_id": "gate-1",
        }

    def test_a_repeated_notification_has_the_same_id(
        self, sender: Sender, receiver: FaultServer, inbox: Inbox
    ) -> None:
        address = webhook(receiver)
        for _ in range(2):
            sender(address, notification())
        first, second = (request.headers["webhook-id"] for request, _ in inbox.messages)
        assert first == second

    def test_without_a_link_it_is_null(
        self, sender: Sender, receiver: FaultServer, inbox: Inbox
    ) -> None:
        assert sender(webhook(receiver), notification(url=None)) == SENT
        assert json.loads(inbox.bodies[0])["data"]["url"] is None
        assert sender(ntfy(receiver), notification(url=None)) == SENT
        assert json.loads(inbox.bodies[1])["message"] == "14:03:22"


class TestNtfy:
    def test_it_gets_the_picture_with_the_words(
        self, sender: Sender, receiver: FaultServer, inbox: Inbox
    ) -> None:
        assert sender(ntfy(receiver), notification(thumbnail=THUMBNAIL)) == SENT
        ((request, body),) = inbox.messages
        query = parse_qs(urlsplit(request.path).query)
        assert urlsplit(request.path).path == "/topic"
        assert body == THUMBNAIL
        assert query["title"] == ["gate: motion"]
        assert query["message"] == ["14:03:22\nhttps://photos.example/?photo=gate-1"]

    def test_without_a_picture_it_gets_json(
        self, sender: Sender, receiver: FaultServer, inbox: Inbox
    ) -> None:
        assert sender(ntfy(receiver), notification()) == SENT
        assert json.loads(inbox.bodies[0])["title"] == "gate: motion"

    @pytest.mark.parametrize("status", [400, 413])
    def test_a_server_without_attachments_gets_the_words(
        self, sender: Sender, receiver: FaultServer, inbox: Inbox, status: int
    ) -> None:
        receiver.handler = lambda x: (
            respond_with(Response(status)) if x.request.path != "/" else inbox
        )(x)
        assert sender(ntfy(receiver), notification(thumbnail=THUMBNAIL)) == SENT
        assert json.loads(inbox.bodies[0])["topic"] == "topic"


class TestMail:
    def test_it_has_the_picture(self, sender: Sender, mail: Address, mailbox: Mailbox) -> None:
        assert sender(mail, notification(thumbnail=THUMBNAIL)) == SENT
        (message,) = mailbox.messages
        assert message["Subject"] == "gate: motion"
        assert message["To"].endswith("me@x.example")
        (picture,) = message.iter_attachments()
        assert (picture.get_content_type(), picture.get_filename()) == ("image/jpeg", "photo.jpg")
        assert picture.get_content() == THUMBNAIL
        assert "https://photos.example/?photo=gate-1" in message.as_string().replace("=3D", "=")

    @pytest.mark.parametrize(
        ("answer", "outcome"), [("550 no", Outcome.REJECTED), ("451 later", Outcome.RETRY)]
    )
    def test_the_answer_of_the_mail_server_decides(
        self, sender: Sender, mail: Address, mailbox: Mailbox, answer: str, outcome: Outcome
    ) -> None:
        mailbox.answer = answer
        expected = Result(outcome, f"the mail server answered {answer[:3]}")
        assert happened(sender(mail, notification())) == expected


class TestFailures:
    @pytest.mark.parametrize("address", [webhook, ntfy])
    @pytest.mark.parametrize(
        ("response", "result"),
        [
            (Response(500), Result(Outcome.RETRY, "it answered 500")),
            (Response(404), Result(Outcome.RETRY, "it answered 404")),
            (Response(422), Result(Outcome.REJECTED, "it answered 422")),
            (
                Response(429, headers={"Retry-After": "120"}),
                Result(Outcome.RETRY, "it answered 429", 120),
            ),
        ],
    )
    def test_the_status_decides(
        self,
        sender: Sender,
        receiver: FaultServer,
        address: Callable[[FaultServer], Address],
        response: Response,
        result: Result,
    ) -> None:
        receiver.handler = respond_with(response)
        assert happened(sender(address(receiver), notification())) == result

    def test_a_webhook_may_be_gone(self, sender: Sender, receiver: FaultServer) -> None:
        receiver.handler = respond_with(Response(410))
        assert sender(webhook(receiver), notification()).outcome == Outcome.GONE

    @pytest.mark.parametrize("address", [webhook, ntfy])
    def test_no_connection_is_repeated(
        self, sender: Sender, receiver: FaultServer, address: Callable[[FaultServer], Address]
    ) -> None:
        receiver.handler = cut_request(0)
        result = happened(sender(address(receiver), notification()))
        assert result == Result(Outcome.RETRY, "it closed the connection without an answer")
        receiver.refuse()
        result = happened(sender(address(receiver), notification()))
        assert result == Result(Outcome.RETRY, "nothing listens there (connection refused)")
        receiver.listen()

    def test_whoever_hangs_is_left(
        self,
        new_sender: NewSender,
        receiver: FaultServer,
        inbox: Inbox,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The process is ended, and the next notification has a new one."""
        monkeypatch.setattr(sender_module, "MAX_SECONDS", 1.5)
        one = new_sender(HERE)
        receiver.handler = hang
        expected = Result(Outcome.RETRY, "it did not answer within 1.5 s")
        assert happened(one(webhook(receiver), notification())) == expected
        monkeypatch.undo()
        receiver.handler = inbox
        assert one(webhook(receiver), notification()) == SENT

    def test_a_killed_process_is_replaced(
        self, new_sender: NewSender, receiver: FaultServer, inbox: Inbox
    ) -> None:
        one = new_sender(HERE)
        assert one(webhook(receiver), notification()) == SENT
        os.kill(pid_of(one), signal.SIGKILL)
        assert one(webhook(receiver), notification()).outcome == Outcome.RETRY
        assert one(webhook(receiver), notification()) == SENT
        assert len(inbox.messages) == 2

    def test_apprise_may_not_understand(self, sender: Sender) -> None:
        result = sender(Address("apprise", "pover://not-enough"), notification())
        expected = Result(Outcome.REJECTED, "Apprise does not understand the address")
        assert happened(result) == expected

    @pytest.mark.slow
    @pytest.mark.parametrize("is_packed", [False, True])
    def test_a_long_response_is_not_read(
        self, new_sender: NewSender, receiver: FaultServer, is_packed: bool
    ) -> None:
        """Nor is one that unpacks to a hundred times its size."""
        body = bytes(100_000_000)
        packed = Response(200, gzip.compress(body), {"Content-Encoding": "gzip"})
        receiver.handler = respond_with(packed if is_packed else Response(200, body))
        one = new_sender(HERE)
        assert one(webhook(receiver), notification()) == SENT
        status = Path("/proc", str(pid_of(one)), "status").read_text()
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
        assert int(peak) < 80_000

    @pytest.mark.slow
    @pytest.mark.parametrize("head", NEVER_ENDING)
    def test_an_answer_that_does_not_end_is_one(
        self, sender: Sender, receiver: FaultServer, head: bytes
    ) -> None:
        """Its status decides: else the message would be sent again and again."""
        codes = {200: Outcome.SENT, 500: Outcome.RETRY, 422: Outcome.REJECTED}
        for status, outcome in codes.items():
            receiver.handler = never_ending(f"HTTP/1.1 {status} -\r\n".encode() + head)
            result = sender(webhook(receiver), notification())
            assert result.outcome == outcome
            assert str(status) in result.why or outcome == Outcome.SENT

    @pytest.mark.parametrize(
        ("head", "status", "outcome"),
        [
            (NEVER_ENDING[0], 200, Outcome.SENT),
            *(pytest.param(one, 200, Outcome.SENT, marks=pytest.mark.slow) for one in NEVER_ENDING),
            pytest.param(NEVER_ENDING[0], 500, Outcome.RETRY, marks=pytest.mark.slow),
        ],
    )
    def test_the_answer_of_a_service_has_two_seconds(
        self, sender: Sender, receiver: FaultServer, head: bytes, status: int, outcome: Outcome
    ) -> None:
        receiver.handler = never_ending(f"HTTP/1.1 {status} -\r\n".encode() + head)
        assert sender(ntfy(receiver), notification()).outcome == outcome

    def test_a_dripping_answer_is_cut(self, sender: Sender, receiver: FaultServer) -> None:
        """Each byte comes in time, and the whole never."""

        def drip(exchange: Exchange) -> None:
            exchange.read()
            exchange.send_bytes(b"HTTP/1.1 200 -\r\nConnection: close\r\n\r\n")
            with suppress(OSError):
                while not exchange.stopped.wait(0.05):
                    exchange.send_bytes(b"x")

        receiver.handler = drip
        assert sender(ntfy(receiver), notification()) == SENT

    @pytest.mark.slow
    def test_a_service_whose_answer_is_needed_says_that_it_was_cut(
        self, sender: Sender, receiver: FaultServer
    ) -> None:
        receiver.handler = never_ending(b"HTTP/1.1 200 -\r\nContent-Length: 9\r\n\r\n{")
        address = Address("apprise", f"matrix://me:pw@127.0.0.1:{receiver.port}/#gate")
        result = happened(sender(address, notification()))
        assert result.outcome == Outcome.RETRY
        assert result.why == "it answered, but its answer did not end"

    def test_memory_is_limited(self, new_sender: NewSender, receiver: FaultServer) -> None:
        one = new_sender(HERE)
        assert one(webhook(receiver), notification()) == SENT
        limits = Path("/proc", str(pid_of(one)), "limits").read_text()
        assert re.search(rf"Max address space +{MAX_MEMORY_BYTES} ", limits)
        assert re.search(r"Max file size +0 ", limits)

    def test_a_redirect_is_not_followed(
        self, sender: Sender, receiver: FaultServer, inbox: Inbox
    ) -> None:
        with FaultServer(redirect(f"{receiver.base_url}/other")) as other:
            result = sender(webhook(other), notification())
        assert happened(result).why == "it answered 302, a redirect, which is not followed"
        assert inbox.messages == []


class TestSecrets:
    SECRET = "tk-a1b2c3d4e5f6"

    @pytest.mark.parametrize(
        "fault", [respond_with(Response(500, SECRET.encode())), cut_request(0)]
    )
    def test_none_comes_back(
        self,
        sender: Sender,
        receiver: FaultServer,
        fault: Callable[..., None],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        receiver.handler = fault
        place = f"127.0.0.1:{receiver.port}/{self.SECRET}"
        addresses = [
            Address("webhook", f"http://{place}", self.SECRET + "A=="),
            *(Address("apprise", f"{one}://me:{self.SECRET}@{place}") for one in ("ntfy", "json")),
            Address(
                "apprise", f"mailto://me:{self.SECRET}@127.0.0.1:1?from=a@x.example&to=b@x.example"
            ),
            Address("apprise", f"pover://{self.SECRET}@x"),
            Address("apprise", f"{self.SECRET}://x"),
            Address("webhook", f"https://me:{self.SECRET}@x.example/"),
            Address("webpush", json.dumps({"endpoint": self.SECRET})),
        ]
        for address in addresses:
            result = sender(address, notification())
            assert result.outcome in (Outcome.RETRY, Outcome.REJECTED)
            assert self.SECRET not in repr((address, result))
        assert self.SECRET not in caplog.text

    def test_none_is_in_the_process_s_arguments_or_environment(
        self,
        new_sender: NewSender,
        receiver: FaultServer,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("AzureWebJobsStorage", f"AccountKey={self.SECRET}")
        one = new_sender(HERE)
        address = Address("apprise", f"ntfy://me:{self.SECRET}@127.0.0.1:{receiver.port}/topic")
        assert one(address, notification()) == SENT
        process = Path("/proc", str(pid_of(one)))
        assert self.SECRET.encode() not in (process / "cmdline").read_bytes()
        assert self.SECRET.encode() not in (process / "environ").read_bytes()


class TestTheProcess:
    def test_it_is_started_when_it_is_needed_and_ends_with_the_sender(
        self, receiver: FaultServer, inbox: Inbox
    ) -> None:
        services = memory_services(SETTINGS)
        with open_sender(services, "anna", Trust.NEW) as send:
            assert isinstance(send, Sender)
            assert send._process is None
            assert send(webhook(receiver), notification()) == SENT
            pid = pid_of(send)
            assert send(webhook(receiver), notification()) == SENT
            assert pid_of(send) == pid
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert len(inbox.messages) == 2

    def test_few_send_at_the_same_time(
        self, new_sender: NewSender, receiver: FaultServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """An instance has 512 MB."""
        monkeypatch.setattr(sender_module, "MAX_WAIT_SECONDS", 0.1)
        monkeypatch.setattr(sender_module, "_slots", SenderSlots(1))
        first, second = new_sender(HERE), new_sender(HERE)
        assert first(webhook(receiver), notification()) == SENT
        busy = Result(Outcome.BUSY, "other notifications are being sent; try again in 10 s", 10)
        assert second(webhook(receiver), notification()) == busy
        first.close()
        assert second(webhook(receiver), notification()) == SENT
        second.close()

    def test_what_plugins_print_or_log_goes_nowhere(self, receiver: FaultServer) -> None:
        """Replies alone are on standard output."""
        process = SendProcess({"networks": ["127.0.0.0/8"], "vapid_key": "", "contact": ""})
        try:
            job = {"kind": "apprise", "text": "pover://x", "secret": "", "notification": {}}
            assert process.do(job, 30)["outcome"] in ("rejected", "retry")
        finally:
            process.close()

    def test_a_process_that_cannot_start_is_tried_again(self) -> None:
        one = Sender(HERE, MemoryTable(), ["/nowhere/python"])
        try:
            address = Address("webhook", "https://x.example/", new_webhook_secret())
            result = one(address, notification())
            expected = Result(Outcome.RETRY, "the sending process failed (FileNotFoundError)")
            assert happened(result) == expected
        finally:
            one.close()


def pid_of(sender: Sender) -> int:
    assert sender._process
    assert sender._process._process
    return sender._process._process.pid

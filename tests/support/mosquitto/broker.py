"""mosquitto, a real MQTT broker, and a client that sees what is published."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from local.ports import free_ports
from tests.support.waiting import wait_for

USER, PASSWORD = "gate", "a password at the broker"
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"  # Debian's place for it


@dataclass
class Mosquitto:
    """A broker on a port of this machine that knows USER. `lines` are added to its settings."""

    folder: Path
    lines: tuple[str, ...] = ()
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        passwords = self.folder / "passwords"
        subprocess.run(
            [_find("mosquitto_passwd"), "-b", "-c", passwords, USER, PASSWORD], check=True
        )
        passwords.chmod(0o644)  # as root mosquitto becomes another user
        settings = self.folder / "mosquitto.conf"
        lines = (
            f"listener {self.port} 127.0.0.1",
            f"password_file {passwords}",
            "allow_anonymous false",
            "persistence false",
            f"user {'root' if os.getuid() == 0 else 'mosquitto'}",
            *self.lines,
        )
        settings.write_text("\n".join(lines) + "\n")
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen(
                [_find("mosquitto"), "-c", settings], stdout=log, stderr=log
            )
        wait_for(lambda: self._listens(), what="a broker that listens")

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(90)
            self.process = None


def _find(program: str) -> str:
    found = shutil.which(program, path=PATH)
    if found:
        return found
    reason = "there is no mosquitto: run tests/support/mosquitto/install.sh"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass
class Received:
    """A message, as a subscriber gets it."""

    topic: str
    payload: bytes
    is_retained: bool


class Subscriber:
    """A client of the broker, such as Home Assistant, that gets every message."""

    def __init__(self, port: int) -> None:
        self.messages: list[Received] = []
        is_subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(USER, PASSWORD)
        self._client.on_message = self._handle
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_subscribe = lambda *_: is_subscribed.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        # What is not retained and comes between the connection and the subscription is never seen.
        assert is_subscribed.wait(90), "the broker has not accepted the subscription within 90 s"

    def _handle(self, _: paho.Client, __: object, message: paho.MQTTMessage) -> None:
        got = Received(message.topic, bytes(message.payload), bool(message.retain))
        self.messages.append(got)

    def publish(self, topic: str, payload: bytes | str, *, is_retained: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=is_retained).wait_for_publish(90)

    def of(self, topic: str) -> list[bytes]:
        """Return the payloads of a topic, in their order."""
        return [one.payload for one in list(self.messages) if one.topic == topic]

    def wait_for(self, topic: str, text: str = "") -> bytes:
        """Wait until the last message of a topic has this text, and return it."""
        wait_for(
            lambda: self.of(topic)[-1:] and text.encode() in self.of(topic)[-1],
            what=f"{text!r} on {topic}",
        )
        return self.of(topic)[-1]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def subscriber(port: int) -> Iterator[Subscriber]:
    one = Subscriber(port)
    try:
        yield one
    finally:
        one.close()

"""The connection to a real broker, and to servers that are none."""

import logging
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pi_uploader.mqtt.broker import (
    ANSWER_SECONDS,
    MAX_RETRY_SECONDS,
    MAX_UNACKNOWLEDGED,
    Broker,
    Message,
)
from pi_uploader.mqtt.topics import Topics
from pi_uploader.settings import MqttSettings, load_settings
from tests.support.fake_clock import FakeClock
from tests.support.mosquitto.broker import Mosquitto, subscriber
from tests.support.waiting import wait_for

TOPICS = Topics("nightjar", "yard")
TAKE = TOPICS.camera("gate").take
CONNACK = b"\x20\x03\x00\x00\x00"  # accepted, without properties; MQTT 5, 3.2
STEP = 0.02  # seconds


class Device:
    """A connection to the broker on a port, the commands that have come, and a clock that can be
    set ahead."""

    def __init__(self, env: dict[str, str], port: int) -> None:
        settings = load_settings(MqttSettings, {**env, "CAMERA_MQTT": f"127.0.0.1:{port}"})
        self.ahead = 0.0  # seconds
        self.pauses = 0
        self.commands: list[tuple[str, bytes]] = []
        self.broker = Broker(
            settings,
            TOPICS,
            lambda topic, payload: self.commands.append((topic, payload)),
            self._pause,
            FakeClock(seconds=lambda: time.monotonic() + self.ahead),
        )

    def _pause(self, seconds: float) -> bool:
        self.pauses += 1
        self.ahead += MAX_RETRY_SECONDS
        return False

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Exchange messages until the condition holds."""

        def step() -> bool:
            self.broker.step(STEP)
            return bool(condition())

        wait_for(step, what=what)

    def connect(self) -> None:
        self.until(lambda: self.broker.connected_at is not None, "a connection")


@pytest.fixture
def device(env: dict[str, str], broker: Mosquitto) -> Device:
    """A device that is connected to the broker."""
    one = Device(env, broker.port)
    one.connect()
    return one


def test_messages_arrive_and_the_last_one_says_goodbye(device: Device, broker: Mosquitto) -> None:
    with subscriber(broker.port) as home:
        assert device.broker.send(Message("a/state", b"1"))
        assert device.broker.send(Message("a/motion", b"ON", is_retained=False))
        device.until(lambda: home.of("a/motion"), "the messages")
        device.broker.close()
        assert home.wait_for(TOPICS.availability) == b"offline"
    with subscriber(broker.port) as later:
        later.wait_for(TOPICS.availability)
        assert [one.topic for one in later.messages] == ["a/state", TOPICS.availability]


def test_commands_come_once_and_kept_ones_never(env: dict[str, str], broker: Mosquitto) -> None:
    with subscriber(broker.port) as home:
        home.publish(TAKE, "kept", is_retained=True)
        device = Device(env, broker.port)
        device.connect()
        assert device.broker.send(Message("ready", b"1"))  # after the subscription
        device.until(lambda: home.of("ready"), "a message")
        home.publish(TAKE, "PRESS")
        home.publish("nightjar/shed/gate/take", "for another device")
        home.publish(TOPICS.camera("gate").set_armed, "OFF")
        device.until(lambda: len(device.commands) == 2, "the commands")
    assert device.commands == [(TAKE, b"PRESS"), (TOPICS.camera("gate").set_armed, b"OFF")]


def test_without_a_connection_nothing_is_sent(env: dict[str, str], broker: Mosquitto) -> None:
    broker.stop()
    device = Device(env, broker.port)
    assert not device.broker.send(Message("a", b"1"))
    device.broker.step(STEP)
    assert device.broker.connected_at is None
    assert not device.broker.send(Message("a", b"1"))
    device.broker.close()


def test_a_broker_that_restarts_is_connected_to_again(
    device: Device, broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    """What fails each time is logged once."""
    before = device.broker.connected_at
    broker.stop()
    device.until(lambda: device.broker.connected_at is None, "the end of the connection")
    with caplog.at_level(logging.INFO, "mqtt"):
        device.until(lambda: device.pauses > 10, "some tries")
        assert caplog.text.count("Connection refused") == 1
        assert "CAMERA_MQTT has its address" in caplog.text
        broker.start()
        device.connect()
    assert device.broker.connected_at != before
    assert caplog.records[-1].getMessage().startswith("connected to the broker")


def test_a_wrong_password_is_no_connection(
    env: dict[str, str], broker: Mosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "password").write_text("another one")
    device = Device(env, broker.port)
    device.until(lambda: "Not authorized" in caplog.text, "a refusal")
    assert device.broker.connected_at is None
    assert "CAMERA_MQTT_USER, and CAMERA_MQTT_PASSWORD_FILE" in caplog.text
    assert "another one" not in caplog.text


# --- servers that are no broker


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as one:
        one.settimeout(90)
        yield one


@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"], ids=["silent", "http"])
def test_a_server_that_does_not_accept_is_given_up(
    env: dict[str, str], server: socket.socket, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    device = Device(env, server.getsockname()[1])
    device.broker.step(STEP)
    connection, _ = server.accept()
    with closing(connection):
        connection.sendall(raw)
        device.ahead += ANSWER_SECONDS
        device.until(lambda: "no answer within 20 s" in caplog.text, "a deadline")
    assert device.broker.connected_at is None


def test_a_server_that_acknowledges_nothing_is_given_up(
    env: dict[str, str], server: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    """And it is sent few messages until then."""
    device = Device(env, server.getsockname()[1])
    device.broker.step(STEP)
    connection, _ = server.accept()
    with closing(connection):
        connection.sendall(CONNACK)
        device.connect()
        sent = [device.broker.send(Message("a", b"x" * 1000)) for _ in range(50)]
        assert sent == [True] * MAX_UNACKNOWLEDGED + [False] * (50 - MAX_UNACKNOWLEDGED)
        device.ahead += ANSWER_SECONDS
        device.until(lambda: "was not acknowledged within 20 s" in caplog.text, "a deadline")
    assert device.broker.connected_at is None


@pytest.mark.parametrize(
    "raw",
    [
        CONNACK + bytes(range(256)),
        CONNACK + b"\x30\xff\xff\xff\x7f" + b"x" * 1000,  # a packet of 256 MB
    ],
    ids=["noise", "large"],
)
def test_what_is_no_mqtt_ends_the_connection(
    env: dict[str, str], server: socket.socket, raw: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    device = Device(env, server.getsockname()[1])
    device.broker.step(STEP)
    connection, _ = server.accept()
    with closing(connection):
        connection.sendall(raw)
        device.until(lambda: "it is tried again" in caplog.text, "the end of the connection")
    assert device.commands == []

"""`pi-uploader mqtt` as a process, with a real broker and with sockets that mean harm."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
from gpiozero.pins.mock import MockFactory

from pi_uploader.settings import MISCONFIGURED
from tests.support.capturing import asking, idle_settings
from tests.support.certificates import Authority
from tests.support.home_assistant import discovery_problems
from tests.support.mosquitto.broker import Mosquitto, subscriber
from tests.support.pins import pulse
from tests.support.program import Program, StartProgram, photos_in
from tests.support.waiting import wait_for

BASE = "nightjar/yard"
GATE = f"{BASE}/gate"
DISCOVERY = "homeassistant/device/nightjar_yard/config"


def publish(start_program: StartProgram, env: dict[str, str], broker: Mosquitto) -> Program:
    program = start_program("mqtt", **env, CAMERA_MQTT=f"127.0.0.1:{broker.port}")
    program.wait_for_output("connected to the broker")
    return program


@pytest.mark.slow
def test_a_device_in_home_assistant(
    broker: Mosquitto,
    env: dict[str, str],
    start_program: StartProgram,
    tmp_path: Path,
    pins: MockFactory,
) -> None:
    """Discovery, states, motion, the picture, both commands, and the end of each process."""
    settings = idle_settings(tmp_path, CAMERA_NAME="gate", PIR_PIN="17")
    with subscriber(broker.port) as home:
        with asking(settings):
            wait_for(lambda: photos_in(settings.spool), what="the first photo")
            program = publish(start_program, env, broker)
            message = home.wait_for(DISCOVERY, "gate_motion")
            assert discovery_problems(message) == []
            home.wait_for(f"{BASE}/availability", "online")
            home.wait_for(f"{GATE}/availability", "online")
            home.wait_for(f"{GATE}/state", '"state": "ready", "armed": "ON"')
            assert home.wait_for(f"{GATE}/photo").startswith(b"\xff\xd8")
            assert json.loads(home.wait_for(f"{BASE}/state"))["waiting"] >= 1
            before = photos_in(settings.spool)
            pulse(pins.pin(17))
            home.wait_for(f"{GATE}/motion", "ON")
            wait_for(lambda: photos_in(settings.spool) > before, what="a photo of the motion")
            pictures = len(home.of(f"{GATE}/photo"))
            home.publish(f"{GATE}/take", "PRESS")
            wait_for(lambda: len(home.of(f"{GATE}/photo")) > pictures, what="another picture")
            home.publish(f"{GATE}/armed/set", "OFF")
            home.wait_for(f"{GATE}/state", '"state": "disarmed", "armed": "OFF"')
            home.publish(f"{GATE}/armed/set", "ON")
            home.wait_for(f"{GATE}/state", '"state": "ready", "armed": "ON"')
            retained = {one.topic for one in home.messages}
        home.wait_for(f"{GATE}/availability", "offline")
        home.wait_for(f"{GATE}/state", '"state": "off"')
        assert program.stop() == 0
        home.wait_for(f"{BASE}/availability", "offline")
        assert all(one.is_retained is False for one in home.messages)  # it was there before
    with subscriber(broker.port) as later:
        later.wait_for(f"{GATE}/motion", "OFF")
        wait_for(
            lambda: (
                {one.topic for one in later.messages}
                == retained - {f"{GATE}/take"} - {f"{GATE}/armed/set"}
            ),
            what="all that the broker keeps",
        )


def test_a_killed_device_is_offline(
    broker: Mosquitto, env: dict[str, str], start_program: StartProgram
) -> None:
    """By its last will. Without a capture process it has no cameras."""
    with subscriber(broker.port) as home:
        program = publish(start_program, env, broker)
        home.wait_for(f"{BASE}/availability", "online")
        program.process.kill()
        home.wait_for(f"{BASE}/availability", "offline")
        assert discovery_problems(home.of(DISCOVERY)[-1]) == []


def test_a_broker_that_restarts_gets_everything_again(
    broker: Mosquitto, env: dict[str, str], start_program: StartProgram
) -> None:
    publish(start_program, env, broker)
    broker.stop()
    broker.start()
    with subscriber(broker.port) as home:
        home.wait_for(f"{BASE}/availability", "online")
        assert home.wait_for(DISCOVERY)


def test_a_retained_command_and_ten_megabytes_do_nothing(
    broker: Mosquitto, env: dict[str, str], start_program: StartProgram, tmp_path: Path
) -> None:
    settings = idle_settings(tmp_path, CAMERA_NAME="gate")
    with asking(settings), subscriber(broker.port) as home:
        home.publish(f"{GATE}/armed/set", "OFF", is_retained=True)
        program = publish(start_program, env, broker)
        home.wait_for(f"{GATE}/state", '"armed": "ON"')
        home.publish(f"{GATE}/take", b"x" * 10_000_000)
        home.publish(f"{GATE}/take", "no command")
        program.wait_for_output("is no command")
        assert psutil.Process(program.process.pid).memory_info().rss < 60_000_000
        home.publish(f"{GATE}/armed/set", "OFF")
        home.wait_for(f"{GATE}/state", '"armed": "OFF"')
        assert program.output.count("connected to the broker") == 1


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_connection_with_tls(
    env: dict[str, str], start_program: StartProgram, tmp_path: Path, is_trusted: bool
) -> None:
    authority = Authority(tmp_path)
    file = authority.certificate().file
    file.chmod(0o644)
    broker = Mosquitto(tmp_path, (f"certfile {file}", f"keyfile {file}"))
    broker.start()
    env |= {"CAMERA_MQTT": f"127.0.0.1:{broker.port}", "CAMERA_MQTT_TLS": "on"}
    env |= {"CAMERA_MQTT_CA_FILE": str(authority.bundle)} if is_trusted else {}
    try:
        program = start_program("mqtt", **env)
        text = "connected to the broker" if is_trusted else "CERTIFICATE_VERIFY_FAILED"
        program.wait_for_output(text)
    finally:
        broker.stop()


def test_a_wrong_password_is_logged_without_it(
    broker: Mosquitto, env: dict[str, str], start_program: StartProgram, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("another one")
    program = start_program("mqtt", **env, CAMERA_MQTT=f"127.0.0.1:{broker.port}")
    program.wait_for_output("it refuses the connection: Not authorized")
    assert "another one" not in program.output


@pytest.mark.parametrize(
    ("env", "problem"),
    [
        ({}, "CAMERA_MQTT: is off"),
        ({"CAMERA_MQTT": "mqtt://broker"}, "CAMERA_MQTT: must be a host name"),
    ],
)
def test_without_a_broker_it_does_not_run(
    start_program: StartProgram, env: dict[str, str], problem: str
) -> None:
    program = start_program("mqtt", **env)
    assert program.process.wait(90) == MISCONFIGURED
    assert problem in program.output


# --- sockets that mean harm

Talk = Callable[[socket.socket], None]
CONNACK = b"\x20\x03\x00\x00\x00"  # accepted, without properties; MQTT 5, 3.2


def read_forever(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def hang(connection: socket.socket) -> None:
    read_forever(connection)


def reset(connection: socket.socket) -> None:
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def accept_and_read_nothing(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.sendall(CONNACK)
    connection.recv(1, socket.MSG_PEEK)
    threading.Event().wait(90)


def send_ten_megabytes(connection: socket.socket) -> None:
    """A PUBLISH to the command topic, although CONNECT said what is the largest packet."""
    connection.recv(1000)
    topic = f"{GATE}/take".encode()
    body = len(topic).to_bytes(2, "big") + topic + b"\0" + b"x" * 10_000_000
    connection.sendall(CONNACK + b"\x30" + remaining(len(body)) + body)
    read_forever(connection)


def send_noise(connection: socket.socket) -> None:
    connection.recv(1000)
    connection.sendall(CONNACK + bytes(range(256)) * 100)
    read_forever(connection)


def remaining(length: int) -> bytes:
    """Return the length of a packet; MQTT 5, 1.5.5."""
    digits = bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes(digits)


@contextmanager
def harmful_broker(talk: Talk) -> Iterator[tuple[int, list[int]]]:
    """A server that treats each connection so. Yields its port, and a list that grows with each."""
    connections: list[int] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            talk(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, address = server.accept()
                connections.append(address[1])
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1], connections
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.slow
@pytest.mark.parametrize(
    "talk",
    [
        hang,
        send_ten_megabytes,
        *(
            pytest.param(talk, marks=pytest.mark.slow)
            for talk in (reset, accept_and_read_nothing, send_noise)
        ),
    ],
)
def test_a_harmful_broker_delays_no_photo(
    talk: Talk, env: dict[str, str], start_program: StartProgram, tmp_path: Path
) -> None:
    settings = idle_settings(tmp_path, CAMERA_NAME="gate")
    with asking(settings) as ask, harmful_broker(talk) as (port, connections):
        program = start_program("mqtt", **env, CAMERA_MQTT=f"127.0.0.1:{port}")
        wait_for(lambda: connections, what="a connection")
        if talk in (reset, send_ten_megabytes, send_noise):
            wait_for(lambda: len(connections) > 1, what="another connection")
        for number in range(10):
            assert ask("photo", camera="gate", tag=f"{number:08x}").members["photo"]
        assert psutil.Process(program.process.pid).memory_info().rss < 60_000_000
        assert program.process.poll() is None
        assert "Traceback" not in program.output
        assert program.stop() == 0

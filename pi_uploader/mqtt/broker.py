"""The connection to the broker. One thread uses it; nothing is kept for a later connection.

A broker may hang, refuse, reset, or read nothing: each has a deadline, after which another
connection is tried, after a wait that grows. What it has not acknowledged is bounded, and so is
what it may send.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from pi_uploader.backoff import backoff
from pi_uploader.clock import Clock
from pi_uploader.mqtt.topics import OFFLINE, Topics
from pi_uploader.settings import MqttSettings

QOS = 1  # at least once: an acknowledgement shows that the broker keeps up
MAX_UNACKNOWLEDGED = 10  # messages; with a picture of 64 KB each, 640 KB
MAX_PACKET = 64 * 1024  # bytes that the broker may send at once; commands have a few
CONNECT_SECONDS = 5.0  # for TCP and for TLS
ANSWER_SECONDS = 20.0  # for the broker to accept, and to acknowledge
KEEP_ALIVE_SECONDS = 30  # without a message, after which the broker is asked for a sign of life
FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS = 1.0, 60.0
STABLE_SECONDS = 60.0  # connected, after which earlier failures no longer count
CLOSE_SECONDS = 2.0  # for the last messages
_SIGN_IN_REASONS = (0x86, 0x87)  # MQTT 5, 3.2.2.2: bad user name or password, not authorized
_SIGN_IN_HINT = " (CAMERA_MQTT_USER, and CAMERA_MQTT_PASSWORD_FILE or the credential mqtt_password)"
_RIGHTS_HINT = " (the rights of CAMERA_MQTT_USER there, and CAMERA_MQTT_PREFIX)"
_ADDRESS_HINT = " (CAMERA_MQTT has its address and port)"

log = logging.getLogger("mqtt")


@dataclass(frozen=True, slots=True)
class Message:
    """What is published. The broker hands a retained message to whoever subscribes later."""

    topic: str
    payload: bytes
    is_retained: bool = True


class Broker:
    """The broker of the settings. `on_command` gets the topic and the payload of each message that
    is not retained: a command that the broker keeps would be carried out at every connection.
    `pause(seconds)` returns True when the process ends."""

    def __init__(
        self,
        settings: MqttSettings,
        topics: Topics,
        on_command: Callable[[str, bytes], None],
        pause: Callable[[float], bool],
        clock: Clock,
    ) -> None:
        assert settings.broker is not None
        self._host, self._port = settings.broker
        self._settings = settings
        self._topics = topics
        self._on_command = on_command
        self._pause = pause
        self._clock = clock
        self._client: paho.Client | None = None
        self._connected_at: float | None = None
        self._connect_at = clock.monotonic()
        self._begun_at = 0.0
        self._failures = 0  # in a row
        self._problem = ""  # the last one that was logged
        self._reason = ""  # that the broker gave for ending the connection
        self._unacknowledged: list[tuple[float, paho.MQTTMessageInfo]] = []

    @property
    def connected_at(self) -> float | None:
        """When the broker accepted this connection (seconds of `monotonic`), None if it has not."""
        return self._connected_at

    def step(self, seconds: float) -> None:
        """Connect if that is due, and exchange messages for these seconds. A connection that begins
        takes longer."""
        end = self._clock.monotonic() + seconds
        try:
            if self._client is None:
                left = self._connect_at - self._clock.monotonic()
                if self._pause(min(max(left, 0.0), seconds)) or left > seconds:
                    return
                self._connect()
            while self._client and (left := end - self._clock.monotonic()) > 0:
                self._check(self._client.loop(left))
                self._check_deadlines()
        except Exception as error:  # noqa: BLE001  OSError, or what a broken packet makes paho raise
            hint = "" if self._reason or self._connected_at is not None else _ADDRESS_HINT
            self._lose((f"{error}" if isinstance(error, OSError) else repr(error)) + hint)

    def send(self, message: Message) -> bool:
        """Send a message, unless the connection is lost or the broker is too slow. Return whether
        it was sent."""
        if self._client is None or self._connected_at is None:
            return False
        self._drop_acknowledged()
        if len(self._unacknowledged) >= MAX_UNACKNOWLEDGED:
            return False
        info = self._client.publish(message.topic, message.payload, QOS, retain=message.is_retained)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        self._unacknowledged.append((self._clock.monotonic(), info))
        return True

    def close(self) -> None:
        """Say that the device is gone, and end the connection."""
        end = self._clock.monotonic() + CLOSE_SECONDS
        is_sent = self.send(Message(self._topics.availability, OFFLINE.encode()))
        while is_sent and self._unacknowledged and self._clock.monotonic() < end and self._client:
            if self._client.loop(0.1):
                break
            self._drop_acknowledged()
        if self._client:
            self._client.disconnect()
            self._client = None

    def _connect(self) -> None:
        self._begun_at = self._clock.monotonic()
        self._reason = ""
        self._unacknowledged = []
        self._client = self._make_client()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = MAX_PACKET
        self._client.connect(
            self._host, self._port, KEEP_ALIVE_SECONDS, clean_start=True, properties=properties
        )

    def _make_client(self) -> paho.Client:
        client = _Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"nightjar-{self._topics.device}",
            protocol=paho.MQTTv5,
        )
        client.connect_timeout = CONNECT_SECONDS
        client.max_inflight_messages = MAX_UNACKNOWLEDGED
        client.will_set(self._topics.availability, OFFLINE, QOS, retain=True)
        if self._settings.user:
            client.username_pw_set(self._settings.user, self._settings.password)
        if self._settings.is_tls:
            import ssl

            file = self._settings.ca_file
            client.tls_set_context(ssl.create_default_context(cafile=str(file) if file else None))
        client.on_connect = self._handle_connect
        client.on_disconnect = self._handle_disconnect
        client.on_message = self._handle_message
        client.on_subscribe = self._handle_subscribe
        client.on_publish = self._handle_publish
        return client

    # --- paho's callbacks, within loop()

    def _handle_connect(self, client: paho.Client, _: Any, __: Any, reason: Any, ___: Any) -> None:
        if reason.is_failure:
            hint = _SIGN_IN_HINT if reason.value in _SIGN_IN_REASONS else ""
            self._reason = f"it refuses the connection: {reason}{hint}"
            return
        self._connected_at = self._clock.monotonic()
        self._problem = ""
        log.info("connected to the broker %s:%d", self._host, self._port)
        options = SubscribeOptions(QOS, retainHandling=SubscribeOptions.RETAIN_DO_NOT_SEND)
        client.subscribe([(topic, options) for topic in self._topics.commands])

    def _handle_disconnect(self, _: paho.Client, __: Any, ___: Any, reason: Any, ____: Any) -> None:
        self._reason = self._reason or f"the connection is lost: {reason}"

    def _handle_message(self, _: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        if not message.retain:
            self._on_command(message.topic, bytes(message.payload))

    def _handle_subscribe(
        self, _: paho.Client, __: Any, ___: int, reasons: list[Any], ____: Any
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                self._log_once(f"it takes no commands for this device: {reason}{_RIGHTS_HINT}")

    def _handle_publish(self, _: paho.Client, __: Any, ___: int, reason: Any, ____: Any) -> None:
        if reason.is_failure:
            self._log_once(f"it does not accept what this device publishes: {reason}{_RIGHTS_HINT}")

    # --- deadlines

    def _check(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS or self._reason:
            raise ConnectionError(self._reason or paho.error_string(code))

    def _check_deadlines(self) -> None:
        now = self._clock.monotonic()
        if self._connected_at is None and now - self._begun_at > ANSWER_SECONDS:
            raise TimeoutError(f"no answer within {ANSWER_SECONDS:g} s")
        self._drop_acknowledged()
        if self._unacknowledged and now - self._unacknowledged[0][0] > ANSWER_SECONDS:
            raise TimeoutError(f"a message was not acknowledged within {ANSWER_SECONDS:g} s")

    def _drop_acknowledged(self) -> None:
        self._unacknowledged = [one for one in self._unacknowledged if not one[1].is_published()]

    def _lose(self, problem: str) -> None:
        """Give this connection up, and schedule the next."""
        now = self._clock.monotonic()
        if self._connected_at is not None and now - self._connected_at >= STABLE_SECONDS:
            self._failures = 0
        self._failures += 1
        self._connect_at = now + backoff(self._failures, FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS)
        self._connected_at = None
        client, self._client = self._client, None
        if client and (connection := client.socket()):
            connection.close()  # paho's disconnect() would send to it first
        self._log_once(problem)

    def _log_once(self, problem: str) -> None:
        if problem != self._problem:
            self._problem = problem
            log.warning("the broker %s:%d: %s; it is tried again", self._host, self._port, problem)


class _Client(paho.Client):
    """A client that reads no packet above MAX_PACKET, whatever the broker was told."""

    def _sock_recv(self, bufsize: int) -> bytes:
        if bufsize > MAX_PACKET:
            raise ConnectionError(f"it sends a packet of {bufsize} bytes")
        return super()._sock_recv(bufsize)

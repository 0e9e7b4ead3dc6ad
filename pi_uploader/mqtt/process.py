"""`pi-uploader mqtt`: publish the state of the device, until a signal."""

import logging
import os
import threading

from pi_uploader.clock import Clock
from pi_uploader.local_view.capture_client import CaptureClient
from pi_uploader.local_view.error_log import ErrorLog
from pi_uploader.local_view.report import DeviceReport
from pi_uploader.mqtt.broker import Broker
from pi_uploader.mqtt.commands import Commands
from pi_uploader.mqtt.publisher import Publisher
from pi_uploader.mqtt.topics import Topics
from pi_uploader.settings import MqttSettings, SettingsError
from pi_uploader.watchdog import Watchdog

STEP_SECONDS = 0.5  # between two looks at the cameras; a motion is published that much later
WATCHDOG_SECONDS = (
    180.0  # a name that cannot be resolved takes a minute, a large spool some seconds
)

log = logging.getLogger("mqtt")


def run_mqtt(settings: MqttSettings, stop: threading.Event) -> int:
    """Publish until `stop` is set; return the exit code of the process. Raises SettingsError if no
    broker is set."""
    if settings.broker is None:
        raise SettingsError(["CAMERA_MQTT: is off; expected a broker such as homeassistant.local"])
    watchdog = Watchdog()
    keep_alive = watchdog.watch("the publisher")
    clock = Clock(settings.clock_is_trusted)
    topics = Topics(settings.prefix, settings.device)
    capture = CaptureClient(settings.spool, lambda: os.urandom(4).hex())
    report = DeviceReport(settings, clock)
    commands = Commands(topics, capture, report, stop.wait, clock)
    threading.Thread(target=commands.run, name="commands", daemon=True).start()
    broker = Broker(settings, topics, commands.receive, stop.wait, clock)
    publisher = Publisher(settings, topics, capture, report, clock)
    errors = ErrorLog(log)
    log.info("publishing to %s:%d as %s", *settings.broker, topics.base)
    watchdog.notify_ready()
    watchdog.start()
    connection: float | None = None
    while not stop.is_set():
        keep_alive(WATCHDOG_SECONDS)
        broker.step(STEP_SECONDS)
        if broker.connected_at is None:
            continue
        try:
            if connection != broker.connected_at:
                connection = broker.connected_at
                publisher.begin()
            publisher.step(broker.send)
        except Exception as error:  # noqa: BLE001  the next step may succeed
            errors.log_once("the state cannot be published", error)
    broker.close()
    return 0

"""What Home Assistant is told of a device: one message with all entities of the device.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload, which Home Assistant has
had since 2024.11. An entity that a later message leaves out is removed.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from photo_wire import __version__
from pi_uploader.mqtt.topics import OFF, ON, PRESS, CameraTopics, Topics

MOTION_SECONDS = 30  # after the last motion, until Home Assistant shows none
STATES = ("ready", "disarmed", "failing", "off")  # of a camera, see docs/glossary.md


@dataclass(frozen=True, slots=True)
class CameraFeatures:
    """A camera, and whether it has a motion sensor."""

    name: str
    has_motion: bool


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What the settings and the board tell of the device."""

    name: str
    site: str | None
    board: str | None


def discovery_topic(prefix: str, device: str) -> str:
    """Return the topic of the message. `prefix` is Home Assistant's."""
    return f"{prefix}/device/{_id(device)}/config"


def discovery_message(
    device: DeviceFacts, topics: Topics, cameras: Iterable[CameraFeatures]
) -> bytes:
    """Return the message: JSON in UTF-8."""
    every = list(cameras)
    entities = _device_entities(topics)
    for one in every:
        prefix = f"{one.name} " if len(every) > 1 else ""
        for key, entity in _camera_entities(topics, one).items():
            name = f"{prefix}{entity['name']}"
            entities[f"{one.name}_{key}"] = {**entity, "name": name[:1].upper() + name[1:]}
    unique = {
        key: {**one, "unique_id": f"{_id(device.name)}_{key}"} for key, one in entities.items()
    }
    message = {
        "device": _device(device),
        "origin": {"name": "Nightjar", "sw_version": __version__},
        "availability": [{"topic": topics.availability}],
        "components": unique,
        "qos": 1,
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _id(device: str) -> str:
    return f"nightjar_{device}"


def _device(device: DeviceFacts) -> dict[str, Any]:
    facts = {
        "identifiers": [_id(device.name)],
        "name": device.name,
        "manufacturer": "Nightjar",
        "model": device.board,
        "sw_version": __version__,
        "suggested_area": device.site,
    }
    return {name: value for name, value in facts.items() if value}


def _device_entities(topics: Topics) -> dict[str, dict[str, Any]]:
    """Return the entities of the device itself. A value that is null is shown as unknown."""
    return {
        "temperature": {
            "platform": "sensor",
            "name": "Temperature",
            "state_topic": topics.state,
            "value_template": "{{ value_json.temperature }}",
            "device_class": "temperature",
            "unit_of_measurement": "°C",
            "state_class": "measurement",
            "entity_category": "diagnostic",
        },
        "waiting": {
            "platform": "sensor",
            "name": "Waiting photos",
            "state_topic": topics.state,
            "value_template": "{{ value_json.waiting }}",
            "state_class": "measurement",
            "icon": "mdi:tray-full",
            "entity_category": "diagnostic",
        },
        "oldest": {
            "platform": "sensor",
            "name": "Oldest waiting photo",
            "state_topic": topics.state,
            "value_template": "{{ value_json.oldest }}",
            "device_class": "timestamp",
            "entity_category": "diagnostic",
        },
    }


def _camera_entities(topics: Topics, camera: CameraFeatures) -> dict[str, dict[str, Any]]:
    own = topics.camera(camera.name)
    entities: dict[str, dict[str, Any]] = {
        "state": {
            "platform": "sensor",
            "name": "State",
            "state_topic": own.state,
            "value_template": "{{ value_json.state }}",
            "json_attributes_topic": own.state,
            "device_class": "enum",
            "options": list(STATES),
        },
        "photo": {
            "platform": "image",
            "name": "Last photo",
            "image_topic": own.photo,
            "content_type": "image/jpeg",
        },
        "take": {
            "platform": "button",
            "name": "Photo now",
            "command_topic": own.take,
            "payload_press": PRESS,
            "icon": "mdi:camera",
            **_while_capturing(topics, own),
        },
        "armed": {
            "platform": "switch",
            "name": "Armed",
            "state_topic": own.state,
            "value_template": "{{ value_json.armed }}",
            "command_topic": own.set_armed,
            "payload_on": ON,
            "payload_off": OFF,
            "icon": "mdi:shield-home",
            **_while_capturing(topics, own),
        },
    }
    if camera.has_motion:
        entities["motion"] = {
            "platform": "binary_sensor",
            "name": "Motion",
            "state_topic": own.motion,
            "payload_on": ON,
            "off_delay": MOTION_SECONDS,
            "device_class": "motion",
            **_while_capturing(topics, own),
        }
    return entities


def _while_capturing(topics: Topics, camera: CameraTopics) -> dict[str, Any]:
    """Return that an entity is available while the device is, and its capture process."""
    every = [{"topic": topics.availability}, {"topic": camera.availability}]
    return {"availability": every, "availability_mode": "all"}

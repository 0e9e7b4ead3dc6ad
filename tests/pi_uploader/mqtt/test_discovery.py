"""What Home Assistant is told, against its own schema."""

import json
from typing import Any

import pytest

from pi_uploader.mqtt.discovery import (
    CameraFeatures,
    DeviceFacts,
    discovery_message,
    discovery_topic,
)
from pi_uploader.mqtt.topics import Topics
from tests.support.home_assistant import discovery_problems

TOPICS = Topics("nightjar", "yard")
DEVICE = DeviceFacts("yard", "Café at the lake", "Raspberry Pi Zero 2 W Rev 1.0")
GATE, SHED = CameraFeatures("gate", has_motion=True), CameraFeatures("shed", has_motion=False)


def announced(*cameras: CameraFeatures, device: DeviceFacts = DEVICE) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(discovery_message(device, TOPICS, cameras))
    return message


@pytest.mark.parametrize("cameras", [(), (GATE,), (GATE, SHED)], ids=len)
def test_home_assistants_schema_accepts_it(cameras: tuple[CameraFeatures, ...]) -> None:
    assert discovery_problems(discovery_message(DEVICE, TOPICS, cameras)) == []


def test_a_device_without_a_site_on_another_board() -> None:
    device = DeviceFacts("yard", None, "")
    assert discovery_problems(discovery_message(device, TOPICS, [GATE])) == []
    assert set(announced(GATE, device=device)["device"]) == {
        "identifiers",
        "name",
        "manufacturer",
        "sw_version",
    }


def test_the_schema_rejects_what_home_assistant_would_not_understand() -> None:
    for member, value in (
        ("device_class", "movement"),
        ("off_delay", "30"),
        ("state_topic", None),
        ("offdelay", 30),
        ("unique_id", 1),
    ):
        message = announced(GATE)
        message["components"]["gate_motion"][member] = value
        assert discovery_problems(json.dumps(message).encode()), member
    message = announced(GATE)
    del message["components"]["gate_take"]["command_topic"]
    assert discovery_problems(json.dumps(message).encode())


def test_each_camera_has_its_entities() -> None:
    entities = announced(GATE, SHED)["components"]
    assert {name for name in entities if name.startswith("gate_")} == {
        "gate_state",
        "gate_photo",
        "gate_take",
        "gate_armed",
        "gate_motion",
    }
    assert "shed_motion" not in entities
    assert entities["gate_motion"]["name"] == "Gate Motion"
    assert announced(GATE)["components"]["gate_motion"]["name"] == "Motion"
    assert len({one["unique_id"] for one in entities.values()}) == len(entities)


def test_the_topic_is_one_that_home_assistant_reads() -> None:
    assert (
        discovery_topic("homeassistant", "yard-2") == "homeassistant/device/nightjar_yard-2/config"
    )

"""Make schema.json from Home Assistant's schemas, and check messages with these themselves:

    python3.13 -m venv ha
    ha/bin/pip install homeassistant==2026.2.3 paho-mqtt==2.1.0
    ha/bin/python make_schema.py > schema.json
    ha/bin/python make_schema.py message.json

2026.2 is the last version for Python 3.13. What has no equivalent in JSON Schema (templates, rules
between several members) is left out; the second form checks all of it.
"""

import asyncio
import enum
import importlib
import json
import sys
from typing import Any

import voluptuous as vol
from homeassistant import const
from homeassistant.components.mqtt import schemas, util
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv

PLATFORMS = ("binary_sensor", "button", "image", "sensor", "switch")
TEXT = {"type": "string"}
TOPIC = {"type": "string", "minLength": 1, "maxLength": 65535}
KNOWN: list[tuple[Any, dict[str, Any]]] = [
    (cv.string, TEXT),
    (cv.template, TEXT),
    (cv.icon, {"type": "string", "pattern": "^[a-z]+:.+$"}),
    (cv.boolean, {"type": "boolean"}),
    (cv.positive_int, {"type": "integer", "minimum": 0}),
    (util.valid_subscribe_topic, TOPIC),
    (util.valid_publish_topic, {**TOPIC, "pattern": "^[^+#]*$"}),
    (util.valid_qos_schema, {"enum": [0, 1, 2]}),
]


def convert(rule: Any) -> dict[str, Any]:
    """Return the JSON schema of a voluptuous rule, {} for what has none."""
    for known, schema in KNOWN:
        if rule is known:
            return schema
    match rule:
        case None:
            return {"type": "null"}
        case vol.Schema():
            return convert(rule.schema)
        case dict():
            return convert_object(rule)
        case list():
            return {"type": "array", "items": convert(rule[0])}
        case vol.In():
            return {"enum": sorted(rule.container)}
        case vol.Any():
            return {"anyOf": [convert(one) for one in rule.validators]}
        case vol.All():
            found = [one for one in map(convert, rule.validators) if one]
            return found[0] if len(found) == 1 else {"allOf": found} if found else {}
        case vol.Coerce() if isinstance(rule.type, enum.EnumType):
            kinds: Any = rule.type
            return {"enum": [one.value for one in kinds]}
    return {}


def convert_object(rules: dict[Any, Any]) -> dict[str, Any]:
    members = {str(key): convert(rule) for key, rule in rules.items() if key is not str}
    required = sorted(str(key) for key in rules if isinstance(key, vol.Required))
    others = [convert(rule) for key, rule in rules.items() if key is str]
    return {
        "type": "object",
        "properties": members,
        "required": required,
        "additionalProperties": others[0] if others else False,
    }


def platform_schema(name: str) -> Any:
    return importlib.import_module(f"homeassistant.components.mqtt.{name}").DISCOVERY_SCHEMA


def component(name: str) -> dict[str, Any]:
    """Return the schema of an entity: that of its platform, which does not name the platform."""
    schema = convert(platform_schema(name))
    schema["properties"] = {**schema["properties"], "platform": {"const": name}}
    schema["required"] = [*schema["required"], "platform", "unique_id"]
    return schema


def make_schema() -> dict[str, Any]:
    device = convert(schemas.DEVICE_DISCOVERY_SCHEMA)
    device["properties"]["components"] = {
        "type": "object",
        "additionalProperties": {"oneOf": [component(name) for name in PLATFORMS]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": f"homeassistant {const.__version__}, by make_schema.py",
        **device,
    }


async def check(message: dict[str, Any]) -> None:
    """Validate a message as Home Assistant does. Raises vol.Invalid."""
    HomeAssistant("/nowhere")  # templates are compiled within one
    checked = schemas.DEVICE_DISCOVERY_SCHEMA(message)
    for entity in checked["components"].values():
        name = entity.pop("platform")
        kept = platform_schema(name)({**entity, "availability": entity.get("availability", [])})
        assert set(entity) <= set(kept), f"{name} would ignore {set(entity) - set(kept)}"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
            asyncio.run(check(json.load(file)))
        print("valid")
    else:
        print(json.dumps(make_schema(), indent=1, sort_keys=True))

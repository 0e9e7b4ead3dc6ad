"""Home Assistant's own rules for MQTT discovery, as a JSON schema (schema.json).

make_schema.py made it from the voluptuous schemas of the package `homeassistant`, which is too
large for the environment of the tests. It requires what they require, and rejects what they would
ignore.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parent / "schema.json").read_text())
_VALIDATOR = jsonschema_rs.validator_for(SCHEMA)


def discovery_problems(message: bytes) -> list[str]:
    """Return what is wrong with the message that announces a device."""
    errors = _VALIDATOR.iter_errors(json.loads(message))
    return [f"{'/'.join(map(str, one.instance_path))}: {one.message}" for one in errors]

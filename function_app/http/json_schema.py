"""Building blocks of JSON Schema (2020-12, as in OpenAPI 3.1), and schemas that several parts of
the API use. Objects are closed: they have no fields but those of their schema."""

from typing import Any

from photo_wire.polygons import MAX_CORNERS, MAX_POLYGONS, MIN_CORNERS

Schema = dict[str, Any]


def text(**more: Any) -> Schema:
    """Return the schema of a string."""
    return {"type": "string", **more}


def number(**more: Any) -> Schema:
    """Return the schema of a whole number."""
    return {"type": "integer", **more}


def array(items: Schema, **more: Any) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items, **more}


def nullable(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def record(**fields: Schema) -> Schema:
    """Return the schema of an object with all of these fields."""
    return partial_record(tuple(fields), **fields)


def partial_record(required: tuple[str, ...] = (), **fields: Schema) -> Schema:
    """Return the schema of an object with these fields, of which some are required."""
    schema = {"type": "object", "properties": fields, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def ref(name: str) -> Schema:
    """Return a reference to one of the named schemas (schemas.py)."""
    return {"$ref": f"#/components/schemas/{name}"}


BOOLEAN: Schema = {"type": "boolean"}
TIME = text(format="date-time")
DAY = text(format="date")
CAMERA = text(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
CAMERAS = nullable(array(CAMERA))
PHOTO_ID = text(pattern=r"^[a-z0-9][a-z0-9-]{0,31}-[0-9]{8}T[0-9]{9}Z-[0-9a-f]{8}$")
COMMAND_ID = text(pattern=r"^[0-9a-f]{32}$")
NAME = text(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}$")
ALERT_KIND = text(pattern=r"^[a-z][a-z0-9_-]{0,31}$")
COUNT = number(minimum=0)
SHA256 = text(pattern="^[0-9a-f]{64}$")
CURSOR = nullable(text())
_PERCENT = {"type": "number", "minimum": 0, "maximum": 100}
_CORNERS = array(
    array(_PERCENT, minItems=2, maxItems=2), minItems=MIN_CORNERS, maxItems=MAX_CORNERS
)
POLYGONS = array(_CORNERS, maxItems=MAX_POLYGONS)

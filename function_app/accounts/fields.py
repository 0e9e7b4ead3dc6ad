"""Fields that several requests about accounts have."""

from function_app.auth.caller import parse_camera_limit
from function_app.auth.passwords import MAX_LENGTH, MIN_LENGTH
from function_app.http import json_schema
from function_app.http.parameters import NAME, Kind, Parameter, optional, required
from photo_wire.errors import WireError

# Any JSON value is taken: whether the password is good enough depends on whose it is.
ANY_PASSWORD: Kind[object] = Kind(
    json_schema.text(minLength=MIN_LENGTH, maxLength=MAX_LENGTH),
    f"a string of {MIN_LENGTH} to {MAX_LENGTH} characters",
    lambda value, name: value,
)
CAMERAS = optional(
    "cameras",
    Kind(
        json_schema.CAMERAS,
        "a list of camera names",
        lambda value, name: parse_camera_limit(value),
    ),
    "The only cameras that are permitted. If it is left out or null: all cameras, later ones too.",
)


def record_id(name: str) -> Parameter[str]:
    """Return the parameter of a path with the id of a record, the hash of a secret."""

    def parse(value: str, field: str) -> str:
        if len(value) != 64 or not set(value) <= set("0123456789abcdef"):
            raise WireError(field, "must be an id from the list: 64 of 0-9 and a-f")
        return value

    kind = Kind(json_schema.text(pattern="^[0-9a-f]{64}$"), "an id from the list", parse)
    return required(name, kind, "The id in the list.")


NEW_NAME = required("name", NAME, "The name.")

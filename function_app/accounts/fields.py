"""Fields that several requests about accounts have."""

from function_app.auth.caller import parse_camera_limit
from function_app.auth.passwords import MAX_LENGTH, MIN_LENGTH
from function_app.http import json_schema
from function_app.http.parameters import NAME, Kind, optional, required

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
NEW_NAME = required("name", NAME, "The name.")

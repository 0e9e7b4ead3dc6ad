"""The texts of `pi-uploader --help` and `config example`, made from the table of settings."""

import textwrap

from pi_uploader.settings import (
    CameraSettings,
    CaptureSettings,
    Group,
    MqttSettings,
    ServeSettings,
    Setting,
    Settings,
    UploadSettings,
)
from pi_uploader.settings.source import CONFIG, DEFAULT_CONFIG, DEFAULT_ENVIRONMENT, key_of

DESCRIPTION = """\
Takes photos when something moves or on a schedule, and uploads them to your Nightjar backend.
A photo leaves this device only when the backend has confirmed every byte of it.

In this order:
  1. Set CAMERA_SOURCE, BASE_URL and AZURE_FUNCTION_KEY (below).
  2. Start pi-uploader run, and watch photos being taken and delivered; Ctrl-C ends it.
  3. Start pi-uploader status to see what waits for the backend.
"""

EXAMPLE = """\
example:
  export CAMERA_SOURCE=simulated PIR_PIN=none CAMERA_EVERY=30s CAMERA_CLOCK=trusted
  export BASE_URL=https://my-nightjar.azurewebsites.net AZURE_FUNCTION_KEY=...
  pi-uploader run
"""

SERVE = (
    "In a browser of the same network it shows live pictures, the photos on this device, its state "
    "and its log, and takes a photo, without the cloud. CAMERA_SERVE sets its address, such as "
    "192.168.1.20:8080, and CAMERA_SERVE_PASSWORD_FILE names a file with its password. Ctrl+C ends "
    "it; on a Pi the service pi-uploader-serve runs it."
)
STATUS = (
    "It says how many photos wait for their upload and since when, what was lost or quarantined, "
    "whether uploads are paused and cameras disarmed, which cameras see motion in their pictures, "
    "and which name and key this device has. It reads the spool's folder (CAMERA_SPOOL) and asks "
    "the process that captures: doctor tests the rest, and exits with 1 if something is wrong, for "
    "scripts that watch a device."
)
EXIT_CODES = """\
exit codes:
  0   success, also when ended by Ctrl-C or SIGTERM
  1   something failed, and starting again may help; doctor and spool verify: something is wrong,
      and they say what
  2   the command line is wrong
  78  the settings are wrong; the messages say which and what is expected (run goes on with the
      process whose settings are right, and exits with 78 when it is stopped)
"""


PARTS: tuple[type[Group], ...] = (
    Settings,
    CaptureSettings,
    UploadSettings,
    ServeSettings,
    MqttSettings,
    CameraSettings,
)


def settings_text() -> str:
    """Return the help on every setting: name, meaning, what is expected, default."""
    lines = [
        "settings (environment variables; an empty one counts as not set; for the services of a Pi",
        f"they are in {DEFAULT_ENVIRONMENT}):",
        f"    {CONFIG}",
        "        Config file, needed for several cameras; pi-uploader config example prints one.",
        f"        Default: {DEFAULT_CONFIG}, if it exists.",
    ]
    for part in PARTS:
        lines += [f"  {part.title}"]
        lines += [line for one in _own(part) for line in _describe(one)]
    return "\n".join(lines) + "\n"


def _own(part: type[Group]) -> list[Setting]:
    """Return the settings of a part that no earlier part has."""
    earlier = [one for other in PARTS[: PARTS.index(part)] for _, one in other.table()]
    return [one for _, one in part.table() if one not in earlier]


def config_example() -> str:
    """Return a config file with every setting, commented out, and its meaning."""
    lines = [
        f"# {DEFAULT_CONFIG}: the settings of pi-uploader.",
        "# Remove the # before what you want to change; then: pi-uploader config check",
        "# An environment variable (CAMERA_SPOOL, BASE_URL, ...) overrides the value in this file.",
    ]
    for part in PARTS[:-1]:
        lines += ["", f"# --- {part.title}"]
        lines += [line for one in _own(part) for line in _example(one)]
    lines += [
        "",
        "# --- each camera has a table, whose name begins the name of each of its photos",
        "# None of these settings may be an environment variable then, except CAMERA_NAME and",
        "# CAMERA_SOURCE, which the tables override.",
        "[camera.entry]",
        'source = "simulated"',
        'every = "5m"',
    ]
    in_example = {"CAMERA_NAME", "CAMERA_SOURCE", "CAMERA_EVERY"}
    lines += [
        line for one in _own(CameraSettings) if one.name not in in_example for line in _example(one)
    ]
    return "\n".join(lines) + "\n"


def _example(one: Setting) -> list[str]:
    text = f"{one.meaning} Expected: {one.expected}. Default: {one.default.text}."
    key = key_of(one.name)
    wrapped = textwrap.wrap(text, 96, break_on_hyphens=False)
    default = one.default.value if isinstance(one.default.value, str) else ""
    value = default if default.isdigit() else f'"{default}"'
    if one.is_secret and callable(one.default.value):  # a systemd credential is the better place
        better = f'# ({key} = "..." is accepted here, too, but other users may read this file)'
        return ["", *(f"# {line}" for line in wrapped), better]
    return ["", *(f"# {line}" for line in wrapped), f"#{key} = {value}"]


def _describe(one: Setting) -> list[str]:
    text = f"{one.meaning} Expected: {one.expected}. Default: {one.default.text}."
    wrapped = textwrap.wrap(text, 80, break_on_hyphens=False)
    return [f"    {one.name}", *(f"        {line}" for line in wrapped)]

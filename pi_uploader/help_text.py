"""What `pi-uploader --help` teaches. The settings come from their own table."""

import textwrap

from pi_uploader.settings import (
    CameraSettings,
    CaptureSettings,
    Group,
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
  2. pi-uploader run        and see photos being taken and delivered; Ctrl-C ends it.
  3. pi-uploader status     shows what waits for the backend.
"""

EXAMPLE = """\
example:
  export CAMERA_SOURCE=simulated PIR_PIN=none CAMERA_EVERY=30s CAMERA_CLOCK=trusted
  export BASE_URL=https://my-nightjar.azurewebsites.net AZURE_FUNCTION_KEY=...
  pi-uploader run
"""

EXIT_CODES = """\
exit codes:
  0   fine, ended by Ctrl-C or SIGTERM included
  1   something failed; starting again may help
  2   the command line is wrong
  78  the settings are wrong; the messages say which and what is expected (run goes on with the
      half whose settings are right, and ends with 78 when it is stopped)
"""


PARTS: tuple[type[Group], ...] = (Settings, CaptureSettings, UploadSettings, CameraSettings)


def settings_text() -> str:
    """Every setting: name, default, meaning, what is expected."""
    lines = [
        "settings (environment variables; an empty one counts as not set; for the services of a Pi",
        f"they stand in {DEFAULT_ENVIRONMENT}):",
        f"    {CONFIG}",
        "        Config file, for several cameras and for whoever likes one; pi-uploader config",
        f"        example prints it. Default: {DEFAULT_CONFIG}, if it is there.",
    ]
    for part in PARTS:
        lines += [f"  {part.title}"]
        lines += [line for one in _own(part) for line in _described(one)]
    return "\n".join(lines) + "\n"


def _own(part: type[Group]) -> list[Setting]:
    common = [] if part is Settings else [one for _, one in Settings.table()]
    return [one for _, one in part.table() if one not in common]


def config_example() -> str:
    """A config file with every setting, commented out, and its meaning."""
    lines = [
        f"# {DEFAULT_CONFIG}: the settings of pi-uploader.",
        "# Take away the # before what you want to change; then: pi-uploader config check",
        "# An environment variable (CAMERA_SPOOL, BASE_URL, ...) wins over what stands here.",
    ]
    for part in (Settings, CaptureSettings, UploadSettings):
        lines += ["", f"# --- {part.title}"]
        lines += [line for one in _own(part) for line in _example(one)]
    lines += [
        "",
        "# --- each camera has a table; its name begins the name of every photo",
        "# None of these settings may then be an environment variable, too; CAMERA_NAME and",
        "# CAMERA_SOURCE may, and give way to the tables.",
        "[camera.entry]",
        'source = "simulated"',
        'every = "5m"',
    ]
    shown = {"CAMERA_NAME", "CAMERA_SOURCE", "CAMERA_EVERY"}
    lines += [
        line for one in _own(CameraSettings) if one.name not in shown for line in _example(one)
    ]
    return "\n".join(lines) + "\n"


def _example(one: Setting) -> list[str]:
    text = f"{one.meaning} Expected: {one.expected}. Default: {one.default.text}."
    key = key_of(one.name)
    wrapped = textwrap.wrap(text, 96, break_on_hyphens=False)
    default = one.default.value if isinstance(one.default.value, str) else ""
    value = default if default.isdigit() else f'"{default}"'
    if one.is_secret and callable(one.default.value):  # for which a systemd credential is the place
        better = f'# ({key} = "..." is accepted here, too; but others may come to read this file)'
        return ["", *(f"# {line}" for line in wrapped), better]
    return ["", *(f"# {line}" for line in wrapped), f"#{key} = {value}"]


def _described(one: Setting) -> list[str]:
    text = f"{one.meaning} Expected: {one.expected}. Default: {one.default.text}."
    wrapped = textwrap.wrap(text, 80, break_on_hyphens=False)
    return [f"    {one.name}", *(f"        {line}" for line in wrapped)]

"""What `pi-uploader --help` teaches. The settings come from their own table."""

import textwrap

from pi_uploader.settings import CaptureSettings, Setting, Settings, UploadSettings

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
  export CAMERA_SOURCE=simulated PIR_PIN=none CAMERA_EVERY=30s
  export BASE_URL=https://my-nightjar.azurewebsites.net AZURE_FUNCTION_KEY=...
  pi-uploader run
"""

EXIT_CODES = """\
exit codes:
  0   fine, ended by Ctrl-C or SIGTERM included
  1   something failed; starting again may help
  2   the command line is wrong
  78  the settings are wrong; the messages say which and what is expected
"""


def settings_text() -> str:
    """Every setting: name, default, meaning, what is expected."""
    common = [one for _, one in Settings.table()]
    parts = [
        ("capturing and uploading", common),
        ("capturing", [one for _, one in CaptureSettings.table() if one not in common]),
        ("uploading", [one for _, one in UploadSettings.table() if one not in common]),
    ]
    lines = ["settings (environment variables; an empty one counts as not set):"]
    for part, settings in parts:
        lines += [f"  {part}"]
        lines += [line for one in settings for line in _described(one)]
    return "\n".join(lines) + "\n"


def _described(one: Setting) -> list[str]:
    text = f"{one.meaning} Expected: {one.expected}. Default: {one.default_words}."
    wrapped = textwrap.wrap(text, 80, break_on_hyphens=False)
    return [f"    {one.name}", *(f"        {line}" for line in wrapped)]

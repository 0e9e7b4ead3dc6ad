"""Why this process ends, for the goodbye to the backend."""

import subprocess
from collections.abc import Mapping

RESTART, SHUTDOWN = "restart", "shutdown"
SYSTEMCTL_SECONDS = 1.0


def end_reason(environ: Mapping[str, str]) -> str:
    """Return RESTART if systemd ends this service alone, SHUTDOWN if the machine goes down. Without
    systemd, as in a container, whoever ends the program may not start it again: SHUTDOWN."""
    if "INVOCATION_ID" not in environ:  # systemd.exec(5)
        return SHUTDOWN
    command = ["systemctl", "is-system-running"]
    try:
        state = subprocess.run(
            command, capture_output=True, timeout=SYSTEMCTL_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return SHUTDOWN
    return SHUTDOWN if state.strip() == b"stopping" else RESTART

"""The app as the Functions host imports it."""

import os
import subprocess
import sys

from function_app import build_app


def test_importing_reads_no_setting_and_opens_no_connection() -> None:
    """Without any setting the functions are found; an error here would make them vanish."""
    code = (
        "import socket, sys\n"
        "sys.addaudithook(lambda event, _: event == 'socket.connect' and sys.exit(event))\n"
        "import function_app\n"
        "print(len(function_app.app.get_functions()))"
    )
    environment = {"PATH": os.environ["PATH"], "MAX_PHOTO_MB": "many"}  # an error, once it is read
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
    )
    assert int(done.stdout) > 0


def test_a_fresh_app_each_time() -> None:
    """get_functions() works once for an app; tests and tools make their own."""
    assert len(build_app().get_functions()) == len(build_app().get_functions())

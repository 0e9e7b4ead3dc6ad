"""Clients that ask a device's own page for everything, all the time.

`python -m bench.flooder URL` sends until it is ended. The password is in the environment.
"""

import base64
import os
import sys
import threading
import time
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

PASSWORD = "FLOODER_PASSWORD"
CONNECTIONS_EACH = 2
REQUESTS = (
    ("GET", "/"),
    ("GET", "/still"),
    ("GET", "/images?limit=200"),
    ("GET", "/status"),
    ("GET", "/logs?lines=1000"),
    ("POST", "/capture"),
    ("GET", f"/{'x' * 8000}"),
)
WITHOUT_PASSWORD = ("GET", "/status")


def main() -> None:
    address = urlsplit(sys.argv[1]).netloc
    encoded = base64.b64encode(f":{os.environ[PASSWORD]}".encode()).decode()
    known = {"Authorization": f"Basic {encoded}"}
    wanted = [(*one, known) for one in REQUESTS] + [(*WITHOUT_PASSWORD, {})]
    for method, path, headers in wanted * CONNECTIONS_EACH:
        threading.Thread(target=_send, args=(address, method, path, headers)).start()


def _send(address: str, method: str, path: str, headers: dict[str, str]) -> None:
    connection = HTTPConnection(address, timeout=60)
    while True:
        try:
            connection.request(method, path, headers=headers)
            connection.getresponse().read()
        except (HTTPException, OSError):
            connection.close()
            time.sleep(0.01)  # while the page does not listen


if __name__ == "__main__":
    main()

"""The process that sends, with a resolver and a network of the test's.

Names are resolved by a table. The guard sees each connection. One to this machine is made for real
if it allows that; any other is refused after it, as if nobody listened, and reaches no network.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from function_app.media.thumbnails import python
from function_app.notify import senders

_CODE = """
import ipaddress, json, socket, sys
folder, text = sys.argv[1:]
sys.path.insert(0, folder)
answers = {name: iter(turns) for name, turns in json.loads(text).items()}
resolve, connect = socket.getaddrinfo, socket.socket.connect

def getaddrinfo(host, port, *args, **kwargs):
    name = host.decode() if isinstance(host, bytes) else host
    if name not in answers:
        return resolve(host, port, *args, flags=socket.AI_NUMERICHOST)
    found = []
    for address in next(answers[name]):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        sockaddr = (address, port, 0, 0) if ":" in address else (address, port)
        found.append((family, socket.SOCK_STREAM, 6, "", sockaddr))
    return found

def connect_here(self, address):
    if isinstance(address, tuple):
        sys.audit("socket.connect", self, address)  # what connect() itself does first
        if not ipaddress.ip_address(address[0]).is_loopback:
            raise ConnectionRefusedError
    return connect(self, address)

socket.getaddrinfo, socket.socket.connect = getaddrinfo, connect_here
from send_process.main import main
main()
"""


def command(answers: Mapping[str, Sequence[Sequence[str]]]) -> list[str]:
    """Return the command of a process in which each name has these addresses, one list for each
    time that it is resolved."""
    folder = str(Path(senders.__file__).parent)
    return [python(), "-I", "-S", "-c", _CODE, folder, json.dumps(answers)]

"""Run the minimal Functions app on the local host, as Nightjar runs. FUNCTION_KEY has its key.
`python -m bench.peers.functions_host` prints its port and runs until it is terminated."""

import os
import sys

from bench.peers.functions_app import app
from local.host import Host
from local.server import Server

if __name__ == "__main__":
    host = Host(app.get_functions(), [os.environ["FUNCTION_KEY"]])
    with Server(host.handle) as server:
        sys.stdout.write(f"{server.server_port}\n")
        sys.stdout.flush()
        server.serve_forever()

"""Free ports: nobody else gets them."""

import socket
import sys

import pytest

from local.ports import free_ports, is_taken

ASSIGNED = 20_000  # of 14,000 ports; with ports that nobody holds some would be among them


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port that is held is taken")
def test_a_free_port_is_assigned_to_nobody_else_and_a_server_may_listen_on_it() -> None:
    ports = free_ports(20)
    assigned = set()
    for _ in range(ASSIGNED):
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            assigned.add(one.getsockname()[1])
    assert not assigned & set(ports)
    assert not any(map(is_taken, ports))
    with socket.create_server(("127.0.0.1", ports[0])):
        assert is_taken(ports[0])

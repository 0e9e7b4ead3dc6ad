"""A machine with systemd in namespaces, and a device installed on it."""

import os
from collections.abc import Iterator

import pytest

from tests.support.systemd_machine.machine import Machine, missing
from tests.systemd.device import Device


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine for the tests of one module. Where it cannot be booted the tests are skipped with
    the reason; in CI they fail."""
    if reason := missing():
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with Machine(tmp_path_factory.mktemp("machine")) as one:
        yield one


@pytest.fixture(scope="module")
def installed(machine: Machine, secrets_used: set[str]) -> Device:
    """A device with everything installed and nothing started."""
    one = Device(machine)
    secrets_used.add(one.key)
    one.bring_source()
    one.install("--no-start")
    return one

"""Clients without waits, and a device with a backend that records what its agent asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.agent_backend import AgentBackend
from tests.support.agent_device import AgentDevice
from tests.support.uploading import authority, quick_client

__all__ = ["authority", "quick_client"]


@pytest.fixture
def backend() -> Iterator[AgentBackend]:
    with AgentBackend() as one:
        yield one


@pytest.fixture
def device(tmp_path: Path, backend: AgentBackend) -> AgentDevice:
    return AgentDevice(tmp_path, backend)

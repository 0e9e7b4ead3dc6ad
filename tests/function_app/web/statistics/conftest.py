"""Services in memory."""

import pytest

from function_app.services import Services
from function_app.settings import Settings
from tests.support.memory_store import memory_services


@pytest.fixture
def services() -> Services:
    return memory_services(Settings(""))

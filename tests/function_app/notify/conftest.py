"""What the tests of notifications share."""

import pytest

from tests.support.notified_people import World


@pytest.fixture
def world() -> World:
    return World()

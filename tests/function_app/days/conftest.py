"""What the tests of devices share."""

import pytest

from function_app.services import Services


@pytest.fixture
def services(empty: Services) -> Services:
    """A backend that knows no device, in memory and on Azurite."""
    return empty

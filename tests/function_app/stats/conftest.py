"""A backend for the tests of counts."""

import pytest

from tests.support.backend import Backend


@pytest.fixture(scope="module")
def backend(backend_of_file: Backend) -> Backend:
    """A backend with few photos: each count is of all that came since the last."""
    return backend_of_file

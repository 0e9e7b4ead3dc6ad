"""The fixtures of tests that upload."""

import pytest

from tests.support.uploading import authority, quick_client, trusted

__all__ = ["authority", "quick_client", "trusted"]


@pytest.fixture(autouse=True)
def _quick_client(quick_client: None) -> None:
    """Every test here has it."""

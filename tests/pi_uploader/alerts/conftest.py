"""The fixtures of tests that upload."""

from tests.support.uploading import authority, no_retry_wait, trusted

__all__ = ["authority", "no_retry_wait", "trusted"]

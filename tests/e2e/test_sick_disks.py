"""A device whose real disk turns full, or read-only, while its agent and its page run."""

from pathlib import Path

import pytest

from tests.support.real_disk import rig

pytestmark = pytest.mark.slow  # tests/pi_uploader/agent/test_command_runner.py has a faster one


@pytest.mark.parametrize("kind", ["full", "read-only"])
def test_a_device_can_be_looked_into_and_goes_on_afterwards(kind: str, tmp_path: Path) -> None:
    """Signed heartbeats go on, the log is sent, the page shows what there is, and what would have
    to be stored is refused. Nothing is executed twice, and nothing floods the log."""
    rig.require()
    found = rig.run("tests.support.real_disk.agent_session", kind, tmp_path)
    assert found == {
        "before": {"logs": "done"},
        "sick": {"pause": "refused", "photo": "refused", "logs": "done", "arm": "refused"},
        "pages": [200, 200, 200, 200],
        "photo of the page": 507,
        "has heartbeats": True,
        "are signed": True,
        "after": {"photo": "done", "disarm": "done"},
        "tracebacks": 0,
        "lines about the journal": 1,
        "executed twice": [],
    }

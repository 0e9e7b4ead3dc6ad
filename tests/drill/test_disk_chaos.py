"""An hour on a fast clock with a real disk that is read-only, full, without inodes, and back."""

from pathlib import Path

import pytest

from tests.support.real_disk import rig


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_every_photo_of_an_hour_of_disk_faults_is_accounted_for(seed: int, tmp_path: Path) -> None:
    """captured = stored + spooled + quarantined + losses, each once, and each loss in the cloud."""
    rig.require()
    found = rig.run("tests.drill.disk_chaos", seed, tmp_path)
    assert found["problems"] == []
    assert found["captured"] == 361
    assert found["losses"] > 0
    assert found["stored"] > 0
    assert found["stored"] + found["quarantined"] + found["losses"] == 361
    assert {"read-only", "full", "no inodes", "no network"} <= found["faults"].keys()

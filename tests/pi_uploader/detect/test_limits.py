"""What the process may take that looks at photos."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_uploader.detect.limits import MAX_MEMORY, MinuteLimit, memory_limit, thread_count
from tests.support.models import write_onnx, yolo


@given(
    count=st.integers(1, 20),
    steps=st.lists(st.sampled_from([0.0, 0.5, 7.0, 60.0]), max_size=80),
)
def test_no_minute_has_more_than_its_count(count: int, steps: list[float]) -> None:
    limit, now, allowed = MinuteLimit(count), 0.0, []
    for step in steps:
        now += step
        if limit.allows(now):
            allowed.append(now)
        else:
            assert sum(one > now - 60 for one in allowed) == count
    assert all(sum(one <= other < one + 60 for other in allowed) <= count for one in allowed)


def test_the_limits_fit_this_machine() -> None:
    assert 0 < memory_limit() <= MAX_MEMORY
    assert 1 <= thread_count() <= 3


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Linux counts RLIMIT_DATA so")
def test_a_model_that_takes_more_memory_is_an_error(tmp_path: Path) -> None:
    """Not the end of the process: it says so, and other cameras keep their model."""
    outputs = {"out": np.ones((25, 1_000_000), np.float32), "output0": yolo({0: 0.9})}
    file = write_onnx(tmp_path / "model.onnx", outputs)
    code = (
        "from pathlib import Path; from pi_uploader.detect.model import Model, ModelError\n"
        "from pi_uploader.detect.limits import give_way\n"
        f"give_way(200_000_000)\ntry:\n    Model(Path({str(file)!r}), None, None)\n"
        "except ModelError as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "bad_alloc" in done.stdout or "more memory than it may take" in done.stdout

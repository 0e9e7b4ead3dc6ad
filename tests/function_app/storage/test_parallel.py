"""Calls for several items at once."""

import threading

import pytest

from function_app.storage.parallel import map_parallel


def test_the_results_are_those_of_their_items() -> None:
    assert map_parallel(len, ["", "ab", "c"]) == {"": 0, "ab": 2, "c": 1}
    assert map_parallel(len, []) == {}


def test_several_run_at_once_and_a_single_one_in_the_callers_thread() -> None:
    both = threading.Barrier(2, timeout=90)
    assert map_parallel(lambda item: (both.wait(), item)[1], ["a", "b"]) == {"a": "a", "b": "b"}
    (thread,) = map_parallel(lambda _: threading.current_thread(), ["a"]).values()
    assert thread is threading.current_thread()


def test_an_error_reaches_the_caller() -> None:
    for items in (["x"], ["1", "x", "2"]):
        with pytest.raises(ValueError, match="invalid literal"):
            map_parallel(int, items)

"""A problem survives the wire; another body gives one without a detail."""

import json

import pytest

from photo_wire.problem import Problem, parse_problem


def test_a_problem_survives_the_wire() -> None:
    problem = Problem(413, "The photo is too large; set CAMERA_SIZE.")
    assert parse_problem(413, problem.to_json().encode()) == problem
    assert json.loads(problem.to_json())["status"] == 413


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"detail": 3}', b'{"title": "x"}', b"\xff", b"[" * 100_000]
)
def test_another_body_gives_no_detail(body: bytes) -> None:
    assert parse_problem(401, body) == Problem(401, "")


def test_the_detail_cannot_change_a_terminal() -> None:
    body = json.dumps({"detail": "red \x1b[31m and \u202e turned"}).encode()
    assert parse_problem(400, body).detail == r"red \x1b[31m and \u202e turned"


def test_a_problem_tells_a_device_above_which_counter_to_sign() -> None:
    problem = Problem(401, "Sign it again.", counter_above=7)
    assert parse_problem(401, problem.to_json().encode()) == problem
    assert "counter_above" not in Problem(401, "").to_json()


@pytest.mark.parametrize("counter", ["true", '"7"', "7.0", "-1", str(2**53), "null", "[]"])
def test_another_counter_is_ignored(counter: str) -> None:
    assert parse_problem(401, f'{{"counter_above": {counter}}}'.encode()).counter_above is None

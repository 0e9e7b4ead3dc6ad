"""The local host runs timer functions as the real one does: by their schedules and on request."""

import logging
import threading

import azure.functions as func
import pytest

from function_app import build_app
from local.host import Admin, Host
from local.server import Request
from local.timers import Timers
from tests.support.waiting import wait_for

EVERY_SECOND, NEVER = "* * * * * *", "0 0 0 29 2 *"


class Work:
    """An app with one timer function, which records its runs and lasts until it may end."""

    def __init__(self, schedule: str) -> None:
        self.begun = threading.Semaphore(0)
        self.may_end = threading.Semaphore(0)
        self.running = self.most = self.runs = 0
        app = func.FunctionApp()

        @app.timer_trigger(schedule=schedule, arg_name="timer")
        def work(timer: func.TimerRequest) -> None:
            assert timer.past_due is False
            self.running += 1
            self.most = max(self.most, self.running)
            self.begun.release()
            assert self.may_end.acquire(timeout=90)
            self.running -= 1
            self.runs += 1

        @app.route("api/work", methods=["GET"])
        def read(req: func.HttpRequest) -> func.HttpResponse:
            return func.HttpResponse("not a timer")

        self.functions = app.get_functions()

    def end_runs(self, count: int) -> None:
        for _ in range(count):
            self.may_end.release()


@pytest.fixture
def late() -> Work:
    """One that no schedule runs during a test; its runs may end at once."""
    work = Work(NEVER)
    work.end_runs(100)
    return work


def post(name: str, key: str = "master", method: str = "POST") -> Request:
    path = f"/admin/functions/{name}"
    headers = {"x-functions-key": key}
    return Request(method, f"http://x{path}", path, {}, headers, b'{"input": ""}')


def test_a_function_runs_by_its_schedule() -> None:
    """Again and again, and not any more after the end."""
    work = Work(EVERY_SECOND)
    with Timers(work.functions, {}):
        for _ in range(2):
            assert work.begun.acquire(timeout=90)
            work.end_runs(1)
    ended = work.runs
    assert ended == 2 == work.runs


def test_a_function_never_runs_twice_at_once() -> None:
    """By its schedule and on request: the request waits for the run that is under way."""
    work = Work(EVERY_SECOND)
    with Timers(work.functions, {}) as timers:
        for _ in range(3):
            assert timers.run_soon("work")
        for _ in range(4):
            assert work.begun.acquire(timeout=90)
            assert work.running == 1
            work.end_runs(1)
        work.end_runs(100)
    assert work.most == 1


def test_a_disabled_function_runs_on_request_alone() -> None:
    work = Work(EVERY_SECOND)
    timers = Timers(work.functions, {"AzureWebJobs__work__Disabled": "true"})
    assert not timers.scheduled
    with timers:
        assert timers.run_soon("work")
        assert work.begun.acquire(timeout=90)
        work.end_runs(1)


def test_a_failed_run_is_logged_and_the_next_one_comes(caplog: pytest.LogCaptureFixture) -> None:
    app, runs = func.FunctionApp(), threading.Semaphore(0)

    @app.timer_trigger(schedule=EVERY_SECOND, arg_name="timer")
    def broken(timer: func.TimerRequest) -> None:
        runs.release()
        raise RuntimeError("a defect in the app")

    with caplog.at_level(logging.ERROR, "local.host"), Timers(app.get_functions(), {}):
        for _ in range(2):
            assert runs.acquire(timeout=90)
    assert "broken failed" in caplog.text
    assert "a defect in the app" in caplog.text


def test_a_request_with_the_master_key_runs_a_function(late: Work) -> None:
    """As the real host: 202 at once, 401 for another key or none, 404 for another function."""
    with Timers(late.functions, {}) as timers:
        host = Host(late.functions, ["function-key"], admin=Admin(timers, ["master"]))
        assert host.handle(post("work")).status_code == 202
        wait_for(lambda: late.runs == 1)
        assert host.handle(post("work", "function-key")).status_code == 401
        assert host.handle(post("none")).status_code == 404
        assert host.handle(post("read")).status_code == 404
        assert host.handle(post("work", method="GET")).status_code == 404
        without = Host(late.functions, ["function-key"], admin=Admin(timers, []))
        assert without.handle(post("work", "")).status_code == 401
    assert late.runs == 1


def test_the_schedules_of_the_app_are_supported() -> None:
    timers = Timers(build_app().get_functions(), {})
    assert set(timers.functions) == {"every_minute", "hourly_cleanup", "weekly_repair"}
    assert timers.scheduled == list(timers.functions.values())

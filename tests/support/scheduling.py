"""How tests are distributed to several workers (pytest-xdist), and their order."""

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling
from xdist.workermanage import WorkerController

ARCHIVE = "the archive"  # a store with a thousand photos, which is made once for these files
ARCHIVE_FILES = ("tests/e2e/gallery/test_firefox.py", "tests/e2e/gallery/test_walk.py")
# If one of these started last, its worker would still run while all others are idle. A folder
# stands for all of its other files.
LONGEST_FIRST = (
    "tests/infra/test_azure_cli.py",  # it installs the az CLI where it is missing
    "tests/systemd/test_install.py",
    "tests/drill/test_drill.py",
    "tests/infra/test_deploy.py",
    "tests/infra/test_deploy_failures.py",
    "tests/function_app/notify/test_outbox.py",
    "tests/function_app/http/openapi/test_document.py",
    "tests/e2e/test_page_costs.py",
    ARCHIVE,
    "tests/systemd/test_page.py",
    "tests/function_app/days/test_lanes_simulation.py",
    "tests/systemd/test_services.py",
    "tests/bench/test_sections.py",
    "tests/function_app/devices/test_silence_simulation.py",
    "tests/e2e/test_command_kills.py",
    "tests/function_app/auth/test_sessions_races.py",
    "tests/systemd/test_passwords.py",
    "tests/e2e/test_kill_loop.py",
    "tests/e2e/gallery/",
    "tests/function_app/days/test_update.py",
    "tests/e2e/test_failing_paths.py",
    "tests/pi_uploader/spool/test_spool_power_cut.py",
    "tests/systemd/test_several_cameras.py",
    "tests/infra/test_first_photo.py",
    "tests/bench/motion/test_motion_program.py",
    "tests/pi_uploader/cameras/rtsp/test_camera.py",
    "tests/pi_uploader/spool/test_disk_real.py",
    "tests/systemd/test_by_hand.py",
    "tests/local/test_run.py",
    "tests/test_lean_install.py",
    "tests/test_secrets.py",
)


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Assign whole files to workers, in the order of collection."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def remove_node(self, node: WorkerController) -> str | None:
        """Give the tests of a worker that died to others; return that at which it died, if any.

        pytest-xdist's own would run that one again on the next worker, and so on, and would wait
        for units of which nothing is left.
        """
        units = self.assigned_work.pop(node)
        waiting = (
            (unit, nodeid)
            for unit, tests in units.items()
            for nodeid, is_done in tests.items()
            if not is_done
        )
        unit_of_it, died_at = next(waiting, (None, None))
        if died_at:
            units[unit_of_it][died_at] = True
        left = {name: tests for name, tests in units.items() if not all(tests.values())}
        self.workqueue.update(left)
        for other in self.assigned_work:
            self._reschedule(other)
        return died_at

    def _reschedule(self, node: WorkerController) -> None:
        """Give a worker its next unit, unless it is still starting: it asks when it has started.

        pytest-xdist's own fails if two workers replace two that died.
        """
        if node in self.registered_collections:
            super()._reschedule(node)

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def unit(nodeid: str) -> str:
    """Return the name of the group of tests that run on one worker together with this test."""
    file = nodeid.partition("::")[0]
    return ARCHIVE if file in ARCHIVE_FILES else file


def sort_longest_first(items: list[pytest.Item]) -> None:
    """Move the longest files to the front, and keep the order of all others."""
    ranks = {name: rank for rank, name in enumerate(LONGEST_FIRST)}

    def rank(item: pytest.Item) -> int:
        name = unit(item.nodeid)
        folder = f"{name.rpartition('/')[0]}/"
        return ranks.get(name, ranks.get(folder, len(ranks)))

    items.sort(key=rank)

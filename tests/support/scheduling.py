"""Which of several workers (pytest-xdist) runs which tests, and in which order."""

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

GALLERY = "tests/e2e/gallery/"  # its files share a browser and a gallery full of photos
# Begun last, each of these would keep one worker busy while the others have nothing left to do.
LONGEST_FIRST = (
    "tests/infra/test_azure_cli.py",  # it installs the az CLI where there is none yet
    "tests/systemd/test_install.py",
    "tests/function_app/test_page_costs.py",
    GALLERY,
    "tests/drill/test_drill.py",
    "tests/systemd/test_services.py",
    "tests/infra/test_deploy.py",
    "tests/test_lean_install.py",
    "tests/pi_uploader/cameras/rtsp/test_camera.py",
    "tests/systemd/test_passwords.py",
    "tests/pi_uploader/spool/test_spool_power_cut.py",
    "tests/local/test_run.py",
    "tests/test_bench.py",
)


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Give whole files to workers, in the order in which the tests were collected."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def unit(nodeid: str) -> str:
    """Return the name of what runs on one worker together with this test."""
    return GALLERY if nodeid.startswith(GALLERY) else nodeid.partition("::")[0]


def sort_longest_first(items: list[pytest.Item]) -> None:
    """Put the files that take longest first, and keep the order of everything else."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(unit(item.nodeid), len(places)))

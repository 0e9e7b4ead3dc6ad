"""How tests are distributed to several workers (pytest-xdist), and their order."""

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling

GALLERY = "tests/e2e/gallery/"  # its files share a browser and a gallery with photos
# If one of these started last, its worker would still run while all others are idle.
LONGEST_FIRST = (
    "tests/infra/test_azure_cli.py",  # it installs the az CLI where it is missing
    "tests/systemd/test_install.py",
    "tests/e2e/test_page_costs.py",
    GALLERY,
    "tests/drill/test_drill.py",
    "tests/systemd/test_services.py",
    "tests/infra/test_deploy.py",
    "tests/test_lean_install.py",
    "tests/pi_uploader/cameras/rtsp/test_camera.py",
    "tests/systemd/test_passwords.py",
    "tests/pi_uploader/spool/test_spool_power_cut.py",
    "tests/local/test_run.py",
    "tests/bench/test_sections.py",
)


class FileScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Assign whole files to workers, in the order of collection."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return unit(nodeid)


def unit(nodeid: str) -> str:
    """Return the name of the group of tests that run on one worker together with this test."""
    return GALLERY if nodeid.startswith(GALLERY) else nodeid.partition("::")[0]


def sort_longest_first(items: list[pytest.Item]) -> None:
    """Move the longest files to the front, and keep the order of all others."""
    ranks = {name: rank for rank, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: ranks.get(unit(item.nodeid), len(ranks)))

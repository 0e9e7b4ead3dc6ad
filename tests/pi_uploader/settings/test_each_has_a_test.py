"""No setting without a test on an installed Pi."""

from collections.abc import Iterator
from types import ModuleType

from pi_uploader.settings import all_settings
from tests.pi_uploader.settings import (
    test_capture_settings,
    test_device_settings,
    test_network_camera_settings,
)


def names_proven(module: ModuleType) -> Iterator[str]:
    """The settings that the tests of a module are marked with."""
    for test in vars(module).values():
        for mark in getattr(test, "pytestmark", []):
            if getattr(mark, "name", "") == "setting":
                yield mark.args[0]


def test_every_setting_has_a_test_on_an_installed_pi() -> None:
    """A new setting fails here until a test of this folder is marked with its name."""
    modules = (test_capture_settings, test_device_settings, test_network_camera_settings)
    proven = [name for module in modules for name in names_proven(module)]
    assert sorted(proven) == sorted(one.name for one in all_settings())

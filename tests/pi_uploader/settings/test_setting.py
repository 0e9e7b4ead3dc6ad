"""No setting without a test on an installed Pi."""

import ast
from collections.abc import Iterator
from pathlib import Path

from pi_uploader.settings import all_settings


def settings_with_a_test() -> Iterator[str]:
    """Yield the names that the tests of this folder are marked with."""
    for file in Path(__file__).parent.glob("test_*.py"):
        for test in ast.parse(file.read_text()).body:
            for mark in getattr(test, "decorator_list", []):
                if ast.unparse(mark).startswith("pytest.mark.setting("):
                    yield ast.literal_eval(mark.args[0])


def test_every_setting_has_a_test_on_an_installed_pi() -> None:
    """A new setting fails here until a test of this folder is marked with its name."""
    assert sorted(settings_with_a_test()) == sorted(one.name for one in all_settings())

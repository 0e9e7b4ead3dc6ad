"""A module that is imported at its first use."""

import sys

import pytest

from function_app.lazy_module import LazyModule


def test_it_is_imported_when_a_name_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    module = LazyModule("colorsys")
    assert "colorsys" not in sys.modules
    assert module.rgb_to_hsv(0, 0, 0) == (0, 0, 0)
    assert "colorsys" in sys.modules


def test_what_is_missing_is_reported_as_by_the_module_itself() -> None:
    with pytest.raises(AttributeError, match="module 'colorsys' has no attribute 'none'"):
        _ = LazyModule("colorsys").none
    with pytest.raises(ModuleNotFoundError):
        _ = LazyModule("function_app.none").name

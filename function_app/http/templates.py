"""HTML from template files, in which Jinja2 escapes every value."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import BuiltinMethodType, FunctionType, MethodType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_FUNCTIONS = (BuiltinMethodType, FunctionType, MethodType)


def render_template(file: Path, values: Mapping[str, object]) -> bytes:
    """Return the page that a template file makes of these values. It may extend and include the
    other templates of its folder."""
    return _environment(file.parent).get_template(file.name).render(values).encode()


@cache
def _environment(folder: Path) -> "Environment":
    # Imported lazily: it takes 50 ms.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_check_value,
    )


def _check_value(value: object) -> object:
    """Return what a template is about to show. Raises TypeError for a function: `one.copy` is the
    method of a dictionary before it is its key "copy"."""
    if isinstance(value, _FUNCTIONS):
        raise TypeError(f"a template shows the function {value!r}, not a text")
    return value

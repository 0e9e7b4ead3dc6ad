"""HTML from template files, in which Jinja2 escapes every value."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template

Filter = Callable[[Any], object]


def render_template(file: Path, values: Mapping[str, object]) -> bytes:
    """Return the page that a template file makes of these values."""
    return _template(file).render(values).encode()


@cache
def _template(file: Path) -> "Template":
    # Imported lazily: it takes 50 ms.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(file.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(file.name)

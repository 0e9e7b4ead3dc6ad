"""HTML from template files, in which Jinja2 escapes every value."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment


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
    )

"""HTML from templates."""

import subprocess
import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from function_app.http.templates import render_template

HOSTILE = "<script>&\"'</script>"


def test_every_value_is_escaped(tmp_path: Path) -> None:
    """In a text, in an attribute, and in a list."""
    template = tmp_path / "page.html"
    template.write_text('<p title="{{ it }}">{{ it }}</p>{% for one in all %}{{ one }}{% endfor %}')
    page = render_template(template, {"it": HOSTILE, "all": [HOSTILE]}).decode()
    escaped = "&lt;script&gt;&amp;&#34;&#39;&lt;/script&gt;"
    assert page == f'<p title="{escaped}">{escaped}</p>{escaped}'


def test_a_value_that_is_missing_is_an_error(tmp_path: Path) -> None:
    """A page with a hole would look as if it were whole."""
    template = tmp_path / "page.html"
    template.write_text("{{ it }}")
    with pytest.raises(UndefinedError):
        render_template(template, {})


def test_a_method_is_no_text(tmp_path: Path) -> None:
    """`commands.copy` is the method of the dictionary, not what is under this key."""
    template = tmp_path / "page.html"
    template.write_text("{{ commands.copy }}")
    with pytest.raises(TypeError, match="copy"):
        render_template(template, {"commands": {"copy": "git clone"}})


def test_an_upload_does_not_wait_for_the_templates_library() -> None:
    """Importing the app, as a cold start does, leaves it out (decision 46)."""
    code = "import sys, function_app\nprint('jinja2' in sys.modules, 'zxcvbn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]

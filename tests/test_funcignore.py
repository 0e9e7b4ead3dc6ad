"""Only the backend goes to Azure: no test, no key, nothing of the Pi."""

import subprocess
from fnmatch import fnmatch

from local.dist import AZURE_CONTENT
from local.processes import ROOT

GOES = AZURE_CONTENT


def lines(text: str) -> set[str]:
    return {line for line in text.splitlines() if line and not line.startswith("#")}


def test_what_is_published_is_the_backend_and_nothing_else() -> None:
    """Every name at the top of the repository either goes or is left here by a pattern."""
    left_here = lines((ROOT / ".funcignore").read_text())
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    top = {name.partition("/")[0] for name in tracked.splitlines()}
    kept_here = {name for name in top if any(fnmatch(name, one) for one in left_here)}
    assert top - kept_here == GOES
    generated = {name.strip("/") for name in lines((ROOT / ".gitignore").read_text())}
    assert generated <= left_here

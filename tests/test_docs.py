"""What the pages in docs/ name is there: links, commands, targets of make, and lines of the log."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.dist import tracked
from local.processes import ROOT

DECISIONS = ROOT / "docs" / "decisions"
FRONT = [ROOT / f"{name}.md" for name in ("README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY")]
PAGES = [*FRONT, *sorted((ROOT / "docs").glob("*.md")), DECISIONS / "README.md"]
OPERATE = (ROOT / "docs" / "operate.md").read_text()
LOGGED = {  # as the page shows it, and as the source has it
    "photo taken NAME motion 64205 bytes": "photo taken %s %s %d bytes",
    "photo delivered NAME 64205 bytes": "photo delivered %s %d bytes",
    "NAME waits: the backend": "%s waits: the backend %s",
    "photo quarantined as rejected-422: NAME": "photo quarantined as %s: %s",
    "photo lost NAME": "photo lost %s",
    "could not be reached": "could not be reached",
    "401: the key is not accepted": "the key is not accepted",
    "404: there is no upload endpoint at this address": (
        "there is no upload endpoint at this address"
    ),
    "but not with a receipt": "but not with a receipt",
    "failed certificate verification": "failed certificate verification",
    "503: Storage is unavailable": "Storage is unavailable",
    "came outside of CAMERA_ARMED": "came outside of CAMERA_ARMED",
    "took none": "took none",
    "method=PUT route=api/camera/photo status=201 ms=59 photo=NAME": (
        "method=%s route=%s status=%d ms=%.0f photo=%s"
    ),
    "time uncertain": "time uncertain",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    anchors = {_anchor(heading) for heading in re.findall(r"^#+ (.+)$", text, re.M)}
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        assert not file or (page.parent / file).exists(), target
        assert file or anchor in anchors, target


def _anchor(heading: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("page", FRONT, ids=lambda page: page.name)
def test_a_function_that_a_page_names_is_there(page: Path) -> None:
    """Written as the file, one or two colons, and the name."""
    for file, name in re.findall(r"`([\w/]+\.py)::?(\w+)`", page.read_text()):
        source = (ROOT / file).read_text()
        assert re.search(rf"^\s*(def|class) {name}\b", source, re.M), f"{file}:{name}"


def test_every_package_is_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    for package in (
        "photo_wire",
        "pi_uploader",
        "function_app",
        "local",
        "bench",
        "infra",
        "tests",
    ):
        assert f"`{package}/`" in text, package
    for package in ("pi_uploader", "function_app"):
        for folder in (ROOT / package).glob("*/__init__.py"):
            assert f"| `{package}/{folder.parent.name}/` |" in text, folder.parent


def test_every_decision_is_in_the_index() -> None:
    """By number, title and file, in order, with a date and a status."""
    row = r"^\| (\d+) \| \[(.+)\]\((\S+)\) \| \d{4}-\d\d-\d\d \| (\w.*) \|$"
    listed = re.findall(row, (DECISIONS / "README.md").read_text(), re.M)
    files = sorted(DECISIONS.glob("[0-9]*.md"))
    headings = [file.read_text().partition("\n")[0] for file in files]
    found = [(f"# {number}. {title}", file) for number, title, file, _ in listed]
    assert found == list(zip(headings, (file.name for file in files), strict=True))
    assert [int(number) for number, *_ in listed] == [int(file.name[:4]) for file in files]
    for number, _, file, status in listed:
        assert status.startswith(("in force", "superseded by")), file
        for other in re.findall(r"by (\d+)", status):
            assert number != other
            assert other in [one for one, *_ in listed], file


@pytest.mark.slow
def test_every_term_of_the_glossary_is_used() -> None:
    """In code, or on another page."""
    glossary = ROOT / "docs" / "glossary.md"
    terms = re.findall(r"^\| \*\*(.+)\*\* \| .+\. \|$", glossary.read_text(), re.M)
    assert len(terms) >= 40
    assert terms == sorted(terms, key=str.lower)
    code = ("function_app", "pi_uploader", "tests")
    files = [ROOT / name for name in tracked("*.py", "*.js", "*.html") if name.startswith(code)]
    files += [*PAGES, *DECISIONS.glob("*.md")]
    text = "\n".join(file.read_text() for file in files if file != glossary).lower()
    text = re.sub(r"[\s#*`]+", " ", text)
    assert [one for one in terms if not re.search(rf"\b{one}(s|es|d)?\b", text)] == []


@pytest.mark.parametrize("shown", LOGGED)
def test_a_line_that_the_page_shows_is_one_that_is_logged(shown: str) -> None:
    assert shown in OPERATE
    names = tracked("*.py", "*.js", "*.html", "function_app/localization/strings/en.json")
    files = [ROOT / one for one in names if one.startswith(("pi_uploader", "function_app"))]
    assert any(LOGGED[shown] in file.read_text() for file in files)


def test_every_promise_is_listed_and_tested() -> None:
    """proof.md has a row for each number of a test's name."""
    listed = re.findall(r"^\| (\d+) \| .+\. \|$", (ROOT / "docs" / "proof.md").read_text(), re.M)
    tests = "".join(
        file.read_text() for file in (ROOT / "tests" / "e2e" / "promises").glob("test_*.py")
    )
    assert [int(one) for one in listed] == list(range(1, 17))
    assert sorted(set(re.findall(r"def test_promise_(\d\d)_", tests))) == [
        f"{int(one):02}" for one in listed
    ]


@pytest.mark.slow
def test_commands_are_commands() -> None:
    """Each `pi-uploader` line is understood, as far as its help."""
    found = re.findall(r"\bpi-uploader ((?:[a-z]+)(?: (?:list|export|requeue|verify))?)", OPERATE)
    commands = {tuple(line.split()) for line in found} | {("spool", "export")}
    assert len(commands) >= 4
    for args in commands:
        done = subprocess.run(
            [sys.executable, "-m", "pi_uploader", *args, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
        )
        assert done.returncode == 0, (args, done.stderr)


def test_targets_of_make_are_there() -> None:
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.M)
    for page in PAGES:
        for targets_named in re.findall(
            r"(?:`|^ {4})make ([a-z][a-z0-9 -]*)", page.read_text(), re.M
        ):
            for target in targets_named.split():
                assert target in targets, (page.name, targets_named)


def test_settings_are_settings() -> None:
    known = "".join(file.read_text() for file in (ROOT / "pi_uploader/settings").glob("*.py"))
    for setting in re.findall(r"\bCAMERA_[A-Z_]+|\bBASE_URL\b", OPERATE):
        assert f'"{setting}"' in known, setting

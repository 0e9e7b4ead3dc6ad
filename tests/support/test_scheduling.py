"""The lists of files that say in which order tests run, and on which worker."""

from local.processes import ROOT
from tests.support.scheduling import ARCHIVE, ARCHIVE_FILES, LONGEST_FIRST


def test_every_file_that_is_named_exists() -> None:
    """Or a file that was renamed would run last, without a word."""
    named = [name for name in (*LONGEST_FIRST, *ARCHIVE_FILES) if name != ARCHIVE]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_files_that_need_the_archive_run_on_one_worker() -> None:
    gallery = (ROOT / "tests" / "e2e" / "gallery").rglob("test_*.py")
    need_it = [one for one in gallery if "tests.support.thirty_days" in one.read_text()]
    assert {str(one.relative_to(ROOT)) for one in need_it} == set(ARCHIVE_FILES)

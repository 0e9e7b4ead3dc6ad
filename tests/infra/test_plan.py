"""What infra/deploy.sh shows before it asks: enough to decide, in the words of its options."""

import re

import pytest

from tests.infra.conftest import NAME, PASSWORD, TOKEN, Cloud


def plan(cloud: Cloud, *words: str) -> str:
    done = cloud.deploy("--dry-run", *words)
    assert (done.code, done.err) == (0, "")
    return done.out.partition("what will be done")[2]


def test_it_shows_what_one_decides_about_and_what_it_costs(cloud: Cloud) -> None:
    told = plan(cloud, "--camera", "entry", "--camera", "yard")
    shown = re.findall(r"^  (\S+) +(.+)$", told, re.MULTILINE)
    assert shown == [
        ("name", NAME),
        ("region", "westeurope"),
        ("--keep-days", "120d"),
        ("--memory", "2048"),
    ]
    assert "about 0.09 USD a month, with 50 photos a day of 500 KB" in told
    assert "a key, if they have none: entry yard\n" in told
    assert [one for one in ("netDays", "Bicep", TOKEN, PASSWORD) if one in told] == []


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("--log", "0.6"), r"^  --log +0\.6$"),
        (("--evidence-days", "5"), r"^  --evidence-days +5$"),
        (("--keep-days", "30"), r"about 0\.0[0-8] USD"),
        (("--keep-days", "0"), r"kept for ever grows"),
    ],
)
def test_what_is_asked_for_is_shown(cloud: Cloud, words: tuple[str, ...], shown: str) -> None:
    assert re.search(shown, plan(cloud, *words), re.MULTILINE)


@pytest.mark.parametrize(("tags", "told"), [(None, True), ({"made-by": "nightjar"}, False)])
def test_a_group_that_is_not_its_own_is_told(
    cloud: Cloud, tags: dict[str, str] | None, told: bool
) -> None:
    """Into it goes Nightjar all the same, and destroy.sh leaves it alone."""
    cloud.change(groups={NAME: {"location": "westeurope", "tags": tags}})
    assert ("destroy.sh will not take it away" in plan(cloud)) == told

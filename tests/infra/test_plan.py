"""What infra/deploy.sh shows before it asks: enough to decide, named as its options."""

import re

import pytest

from tests.infra.conftest import NAME, PASSWORD, TOKEN, Cloud


def plan(cloud: Cloud, *options: str) -> str:
    done = cloud.deploy("--dry-run", *options)
    assert (done.code, done.err) == (0, "")
    return done.out.partition("what will be done")[2]


def test_the_plan_shows_the_options_and_the_cost(cloud: Cloud) -> None:
    text = plan(cloud, "--camera", "entry", "--camera", "yard")
    shown = re.findall(r"^  (\S+) +(.+)$", text, re.MULTILINE)
    assert shown == [
        ("name", NAME),
        ("region", "westeurope"),
        ("--keep-days", "120d"),
        ("--memory", "512"),
    ]
    assert "about 0.17 USD a month, with 50 photos a day of 500 KB" in text
    assert "a key, if they have none: entry yard\n" in text
    assert [one for one in ("netDays", "Bicep", TOKEN, PASSWORD) if one in text] == []


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        (("--log", "0.6"), r"^  --log +0\.6$"),
        (("--evidence-days", "5"), r"^  --evidence-days +5$"),
        pytest.param(("--keep-days", "30"), r"about 0\.1[0-4] USD", marks=pytest.mark.slow),
        pytest.param(("--keep-days", "0"), r"kept for ever grows", marks=pytest.mark.slow),
    ],
)
def test_changed_options_are_shown(cloud: Cloud, options: tuple[str, ...], pattern: str) -> None:
    assert re.search(pattern, plan(cloud, *options), re.MULTILINE)


@pytest.mark.parametrize(("tags", "is_reported"), [(None, True), ({"made-by": "nightjar"}, False)])
def test_a_group_of_others_is_reported(
    cloud: Cloud, tags: dict[str, str] | None, is_reported: bool
) -> None:
    """Nightjar is deployed into it all the same, and destroy.sh does not delete it."""
    cloud.change(groups={NAME: {"location": "westeurope", "tags": tags}})
    assert ("destroy.sh will not take it away" in plan(cloud)) == is_reported

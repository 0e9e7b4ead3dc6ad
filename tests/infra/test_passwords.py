"""The first password is rejected before a deployment if the backend would reject it afterwards."""

import importlib.util
from itertools import permutations, product

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]

from function_app.auth import passwords
from function_app.auth.passwords import is_common
from infra.passwords import is_surely_strong, password_problem
from tests.infra.conftest import NAME, PASSWORD, Cloud

EASY = ["Password1234!", "qwertyuiop[]", "correcthorse", "owner-owner-owner"]
GOOD = [PASSWORD, "correct horse battery staple", "f3a9c1d87e42b05e9d17ac36"]
COMMON = ["the", "password", "owner", "camera", "one", "dragon", "qwerty"]


@pytest.mark.parametrize("password", [*EASY, *GOOD, "short", "aaaaaaaaaaaa"])
def test_the_scripts_reject_what_the_backend_rejects(password: str) -> None:
    refused = passwords.password_problem(password) is not None or is_common(password, "owner")
    assert (password_problem(password) is not None) == refused


@pytest.mark.slow
def test_without_zxcvbn_the_rule_is_stricter() -> None:
    """Common words with usual separators, endings and spellings."""
    common_words = sorted({word for one in FREQUENCY_LISTS.values() for word in list(one)[:500]})
    made = [
        *common_words,
        *(f"{word}{other}2026!" for word, other in product(common_words[::40], common_words[::40])),
        *(f"P4s5w0rd-{word}-P4s5w0rd-{word}" for word in common_words),
        *(f"{word.title()}-{word[::-1]}-{word.upper()}-1234567890" for word in common_words),
        *(f"{word}1{word}2{word}3{word}4" for word in common_words),
        *(gap.join(four) for gap in ("-", "1", "") for four in permutations(COMMON, 4)),
    ]
    accepted = [one for one in made if is_surely_strong(one)]
    laxer = [one for one in accepted if is_common(one, "owner")]
    print(f"{len(made)} passwords, {len(accepted)} accepted, {len(laxer)} easy to guess")
    assert accepted
    assert laxer == []


def test_without_zxcvbn_a_good_one_is_accepted_and_a_short_one_rejected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert [password_problem(one) for one in GOOD] == [None] * len(GOOD)
    assert "zxcvbn" in str(password_problem("Xk7#pQ2!vB9z"))


@pytest.mark.parametrize("password", EASY)
def test_an_easy_password_is_rejected_before_anything_is_created(
    cloud: Cloud, password: str
) -> None:
    done = cloud.deploy(GALLERY_PASSWORD=password)
    assert done.code == 1
    assert "GALLERY_PASSWORD" in done.last
    assert "is not accepted" in done.last
    assert cloud.state["groups"] == {}


@pytest.mark.slow
def test_an_easy_password_that_is_already_set_does_not_stop_a_deployment(cloud: Cloud) -> None:
    """The owner may have set another one, and then the first is not needed. If not, a message says
    that no user can sign in."""
    cloud.backend.password_is_easy = True
    assert cloud.deploy().code == 0
    apps = cloud.state["apps"]
    apps[NAME]["settings"]["GALLERY_PASSWORD"] = EASY[0]
    cloud.change(apps=apps)
    done = cloud.deploy(GALLERY_PASSWORD="")
    assert done.code == 0
    assert "too easy to guess and is not accepted" in done.out
    assert cloud.state["apps"][NAME]["settings"]["GALLERY_PASSWORD"] == EASY[0]

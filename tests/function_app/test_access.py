"""Only the read token and the sessions that it opened let anybody read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.access import SESSION_SECONDS, check_reader, is_session, is_token, new_session
from function_app.refused import RefusedError

TOKEN = "the-read-token-of-this-test"
NOW = 1_795_000_000.5


def cookie(value: str) -> dict[str, str]:
    return {"Cookie": f"theme=dark; nightjar_session={value}; other=1"}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_lets_in(scheme: str) -> None:
    """A scheme's case does not matter (RFC 9110, section 11.1)."""
    check_reader({"Authorization": f"{scheme} {TOKEN}"}, TOKEN, NOW)


def test_a_session_lets_in_until_it_ends() -> None:
    """Twelve hours, and not a second more."""
    session = new_session(TOKEN, NOW)
    check_reader(cookie(session), TOKEN, NOW)
    check_reader(cookie(session), TOKEN, NOW + SESSION_SECONDS - 1)
    with pytest.raises(RefusedError) as caught:
        check_reader(cookie(session), TOKEN, NOW + SESSION_SECONDS)
    assert caught.value.problem.status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        cookie(""),
        cookie(TOKEN),
        {"Cookie": f"not_nightjar_session={new_session(TOKEN, NOW)}"},
        cookie(new_session("another-token-than-this", NOW)),
    ],
)
def test_everything_else_is_refused(headers: dict[str, str]) -> None:
    """401, with the challenge that HTTP asks for."""
    with pytest.raises(RefusedError) as caught:
        check_reader(headers, TOKEN, NOW)
    assert caught.value.problem.status == 401
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}


def test_without_a_configured_token_nobody_reads() -> None:
    """No default opens it, an empty token neither; the sentence names the setting."""
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
        with pytest.raises(RefusedError, match="READ_TOKEN") as caught:
            check_reader(headers, None, NOW)
        assert caught.value.problem.status == 503


@given(st.text())
def test_no_other_text_is_the_token(offered: str) -> None:
    """Whatever is offered, letters that cannot be encoded included, is compared and refused."""
    assert is_token(offered, TOKEN) == (offered == TOKEN)


@given(st.text() | st.from_regex(r"[0-9]{1,12}\.[0-9a-f]{64}", fullmatch=True))
def test_no_made_up_session_is_one(value: str) -> None:
    """A session cannot be had without the token."""
    assert not is_session(value, TOKEN, NOW)


@given(st.integers(0, 80), st.sampled_from("0123456789abcdef."))
def test_a_changed_session_is_none(at: int, letter: str) -> None:
    """No later expiry, no other signature."""
    session = new_session(TOKEN, NOW)
    changed = session[:at] + letter + session[at + 1 :]
    assert is_session(changed, TOKEN, NOW) == (changed == session)

"""How a host may be written, and why one is refused."""

import pytest

from function_app.notify.senders import hosts
from function_app.private_networks import LOOPBACK_NETWORKS, parse_networks


@pytest.mark.parametrize(
    ("host", "normal"),
    [
        ("Example.ORG", "example.org"),
        ("example.org.", "example.org"),
        ("localhost.", "localhost"),
        ("127.0.0.1.", "127.0.0.1"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("home_assistant", "home_assistant"),
        ("2001:DB8::1", "2001:db8::1"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("123.example", "123.example"),
    ],
)
def test_a_host_has_one_spelling(host: str, normal: str) -> None:
    assert hosts.normalize(host) == normal


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "017700000001", "1.2.3"),
        *("example.0x", "example.123", "127.0.0.1..", "127.000.000.001"),
        *("", ".", "..", "a..b", ".example.org", "-a.example", "a-.example", "a b", "a\\b", "a%b"),
        *("fe80::1%eth0", "::1%lo", "::1%25lo", "a:b", "*", "*.example", "ex%61mple.org"),
        *("a" * 64, ".".join(["a" * 60] * 5), "💩.example", "a\u2044b", "\u3002", "ⓐ" * 64),
        *("１２７.0.0.1", "127。0。0。1", "ⓟublic.example"),  # noqa: RUF001
        *("a\r\nb", "a\0b", "a@b", "a/b", "a#b"),
    ],
)
def test_other_spellings_are_refused(host: str) -> None:
    """What a resolver may take for another address than people do, and what is no host."""
    with pytest.raises(ValueError):  # noqa: PT011 - of idna, too
        hosts.normalize(host)
    assert hosts.problem(host, LOOPBACK_NETWORKS) == hosts.ODD_HOST


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("example.org", None),
        ("93.184.216.34", None),
        ("localhost", hosts.LEADS_HERE),
        ("localhost.", hosts.LEADS_HERE),
        ("x.localhost", hosts.LEADS_HERE),
        ("127.8.9.1", hosts.LEADS_HERE),
        ("::1", hosts.LEADS_HERE),
        ("::ffff:127.0.0.1", hosts.LEADS_HERE),
        ("10.0.0.1", hosts.LEADS_INSIDE),
        ("fd00::1", hosts.LEADS_INSIDE),
        ("100.64.0.1", hosts.LEADS_INSIDE),
        ("169.254.169.254", hosts.LEADS_NOWHERE),
        ("168.63.129.16", hosts.LEADS_NOWHERE),
        ("fe80::1", hosts.LEADS_NOWHERE),
        ("0.0.0.0", hosts.LEADS_NOWHERE),  # noqa: S104
        ("::", hosts.LEADS_NOWHERE),
        ("64:ff9b::7f00:1", hosts.LEADS_NOWHERE),
    ],
)
def test_a_refusal_says_where_a_host_leads(host: str, why: str | None) -> None:
    assert hosts.problem(host, ()) == why
    is_here = why == hosts.LEADS_HERE
    assert hosts.problem(host, LOOPBACK_NETWORKS) == (None if is_here else why)
    assert (hosts.problem(host, parse_networks("10.0.0.0/8")) is None) == (
        why is None or host == "10.0.0.1"
    )


def test_an_owner_reads_the_setting_that_would_allow_it() -> None:
    for why, end in (
        (hosts.LEADS_HERE, "the setting CHANNEL_NETWORKS=loopback of the app would allow it, "),
        (hosts.LEADS_INSIDE, "the setting CHANNEL_NETWORKS of the app would allow it, for all"),
        (hosts.UNKNOWN_PUSH_SERVICE, "the setting PUSH_HOSTS of the app would add it"),
    ):
        advised = hosts.advice_for_owner(why)
        assert advised
        assert advised.startswith(f"{why}; {end}")
    for other in (hosts.LEADS_NOWHERE, hosts.ODD_HOST, "it answered 500", "", None):
        assert hosts.advice_for_owner(other) == other

"""What people are told of an address before it is used."""

import json

import pytest

from function_app.notify.notification import Address
from function_app.notify.senders.addresses import (
    AddressRules,
    address_problem,
    new_webhook_secret,
)
from function_app.private_networks import LOOPBACK_NETWORKS, parse_networks
from tests.support.push_service import Browser

DEFAULT = AddressRules()
HERE = AddressRules(LOOPBACK_NETWORKS, ("127.0.0.1:8085", "push.example"))


def subscription(endpoint: str) -> str:
    return Browser(endpoint, "").subscription


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-par02p.notify.windows.com/w/?token=abc",
        "https://web.push.apple.com:443/abc",
    ],
)
def test_push_services_of_common_browsers_are_known(endpoint: str) -> None:
    assert address_problem(Address("webpush", subscription(endpoint)), DEFAULT) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://push.example/abc",
        "https://fcm.googleapis.com.example/abc",
        "https://evilpush.apple.com.example/",
        "https://notfcm.googleapis.com/abc",
        "https://fcm.googleapis.com:8443/abc",
        "http://fcm.googleapis.com/abc",
        "https://me@fcm.googleapis.com/abc",
        "https://example/fcm.googleapis.com",
        "http://127.0.0.1:8085/abc",
    ],
)
def test_other_push_services_are_not(endpoint: str) -> None:
    assert address_problem(Address("webpush", subscription(endpoint)), DEFAULT)


def test_a_setting_adds_push_services() -> None:
    for endpoint in ("http://127.0.0.1:8085/abc", "https://push.example/abc"):
        assert address_problem(Address("webpush", subscription(endpoint)), HERE) is None
    for endpoint in ("http://127.0.0.1:8086/abc", "https://a.push.example/abc"):
        assert address_problem(Address("webpush", subscription(endpoint)), HERE)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{}", "[]", "null", "3", "{", '{"endpoint": 3, "keys": {}}', "[" * 2000),
        json.dumps({"endpoint": "https://web.push.apple.com/", "keys": {"p256dh": "AA"}}),
        json.dumps(
            {"endpoint": "https://web.push.apple.com/", "keys": {"p256dh": "AA", "auth": "AA"}}
        ),
        json.dumps({"endpoint": None, "keys": {"p256dh": "A" * 87, "auth": "A" * 22}}),
        json.dumps({"endpoint": "https://x/", "keys": {"p256dh": "ü" * 87, "auth": "A" * 22}}),
    ],
)
def test_what_is_no_subscription(text: str) -> None:
    assert address_problem(Address("webpush", text), DEFAULT)


@pytest.mark.parametrize(
    ("kind", "text", "problem"),
    [
        ("webhook", "http://hooks.example/x", "the address must begin with https://"),
        ("webhook", "https://10.0.0.1/x", "private network"),
        ("webhook", "https://localhost/x", "the machine of the app itself"),
        ("webhook", "https://me:pw@hooks.example/x", "a name or a password"),
        ("webhook", "hooks.example/x", "not an address"),
        ("webhook", "https://hooks.example:99999/x", "not an address"),
        ("webhook", "https://hooks.example/ x", "spaces"),
        ("webhook", "https://hooks.example/" + "x" * 2048, "longer than 2048"),
        ("apprise", "ntfy://topic", "use ntfys:// instead of ntfy://"),
        ("apprise", "mailto://me:pw@x.example", "use mailtos:// instead of mailto://"),
        ("apprise", "https://discord.com/api/webhooks/1/2", "as Apprise does"),
        ("apprise", "syslog://", "not an address"),
        ("apprise", "syslog://x", "with syslog:// need the machine itself"),
        ("apprise", "DBUS://x", "with dbus:// need the machine itself"),
        ("apprise", "nothing://x", "does not know"),
        ("apprise", "ntfys", "not an address"),
        ("apprise", "jsons://192.168.0.1/x", "private network"),
        ("apprise", "json://192.168.0.1/x", "private network"),
        ("webhook", "http://192.168.0.1/x", "private network"),
        ("webhook", "https://169.254.169.254/x", "never reached"),
        ("apprise", "mailtos://me:pw@x.example?mode=insecure", "not be encrypted"),
        ("fax", "123", "unknown"),
    ],
)
def test_a_problem_is_in_words(kind: str, text: str, problem: str) -> None:
    found = address_problem(Address(kind, text), DEFAULT)
    assert found
    assert problem in found


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("webhook", "https://hooks.example/x?y=z"),
        ("webhook", "https://[2606:2800:220:1::1]/"),
        ("apprise", "ntfys://topic"),
        ("apprise", "tgram://123456789:abcdefg_hijklmnop/12315544/"),
        ("apprise", "mailtos://me:pw@mail.example?to=you@mail.example"),
        ("apprise", "discord://id/token"),
        ("apprise", "signals://host.example/15551234567"),
        ("apprise", "slack://TokenA/[B]/TokenC"),
    ],
)
def test_what_people_use_is_allowed(kind: str, text: str) -> None:
    assert address_problem(Address(kind, text), DEFAULT) is None


LAN = AddressRules(parse_networks("192.168.1.0/24"))


def test_what_the_setting_lists_may_be_reached_without_tls() -> None:
    for rules, host in ((HERE, "127.0.0.1"), (HERE, "localhost"), (LAN, "192.168.1.20")):
        for kind, text in (
            ("webhook", f"http://{host}:8080/x"),
            ("webhook", f"https://{host}/x"),
            ("apprise", f"ntfy://{host}:8080/topic"),
            ("apprise", f"mailto://{host}/?from=a@x.example&to=b@x.example"),
            ("apprise", f"mailtos://{host}/?mode=insecure"),
        ):
            assert address_problem(Address(kind, text), rules) is None
    for rules, host in ((HERE, "192.168.1.20"), (LAN, "192.168.2.20"), (LAN, "127.0.0.1")):
        for scheme in ("http", "https"):
            assert address_problem(Address("webhook", f"{scheme}://{host}/"), rules)


def test_what_is_not_encrypted_leaves_no_listed_network() -> None:
    for kind, text in (
        ("webhook", "http://hooks.example/"),  # a name may lead there, and elsewhere tomorrow
        ("apprise", "ntfy://ntfy.example/topic"),
        ("apprise", "ntfy://topic"),
        ("apprise", "mailto://me:pw@mail.example"),
        ("apprise", "mailtos://me:pw@mail.example?mode=insecure"),
        ("apprise", "mailtos://me:pw@mail.example?MODE=Insecure"),
    ):
        for rules in (HERE, LAN):
            assert address_problem(Address(kind, text), rules)


def test_secrets_of_webhooks_are_made_here() -> None:
    first, second = new_webhook_secret(), new_webhook_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(first) == 38

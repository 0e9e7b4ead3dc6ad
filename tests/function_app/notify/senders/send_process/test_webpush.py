"""Encryption and signatures of Web Push, beside the RFCs' examples and another implementation."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from function_app.notify.senders.send_process.jobs import Notification
from function_app.notify.senders.send_process.webpush import (
    MAX_PAYLOAD_BYTES,
    UnusableSubscriptionError,
    decode,
    encode,
    encrypt,
    payload,
    point,
    send,
    topic,
    vapid,
)
from tests.support.push_service import Browser, RejectedError, verify


def notification(**changes: Any) -> Notification:
    empty = Notification(
        id="e.c", kind="photo", title="gate: motion", body="14:03:22", url="https://x.example/",
        camera="gate", at="2026-11-28T14:03:22Z", photo_id=None, tag="", snooze_url=None,
        thumbnail="", language="en", snooze=None,
    )  # fmt: skip
    return empty | changes  # type: ignore[return-value]


def key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decode(text), "big"), ec.SECP256R1())


def test_the_example_of_rfc_8291() -> None:
    """Section 5 and appendix A."""
    encrypted = encrypt(
        b"When I grow up, I want to be a watermelon",
        decode(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        decode("BTBZMqHH6r4Tts7J_aSIgg"),
        key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        decode("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encode(encrypted) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6"
        "TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulc"
        "y4a-fN"
    )


@given(st.text(max_size=500))
def test_another_implementation_decrypts_it(title: str) -> None:
    browser = Browser("http://push.example/1", "")
    keys = json.loads(browser.subscription)["keys"]
    data = payload(notification(title=title))
    browser.receive(encrypt(data, decode(keys["p256dh"]), decode(keys["auth"])), {}, {})
    assert browser.messages[0].content.get("title", "") == title


@given(
    title=st.text(max_size=6000),
    body=st.text(max_size=6000) | st.sampled_from(["ü" * 5000, '"' * 5000, "\0" * 5000]),
)
def test_the_payload_fits(title: str, body: str) -> None:
    """As much of the words as there is room for, and the link as a whole."""
    data = payload(notification(title=title, body=body))
    assert len(data) <= MAX_PAYLOAD_BYTES
    content = json.loads(data)
    assert content["url"] == "https://x.example/"
    for name, text in (("title", title), ("body", body)):
        shown = content.get(name, "")
        assert shown == text or text.startswith(shown.removesuffix("…"))


def test_a_long_body_is_cut_near_the_limit() -> None:
    assert len(payload(notification(body="x" * 5000))) > MAX_PAYLOAD_BYTES - 16


def test_a_link_is_not_cut() -> None:
    with pytest.raises(ValueError, match="too long"):
        payload(notification(url="https://x.example/" + "x" * 4000))


def test_the_token_is_for_one_push_service_and_half_a_day() -> None:
    signer = ec.generate_private_key(ec.SECP256R1())
    public = encode(point(signer))
    token = vapid("https://push.example:8443/a/b", signer, "mailto:me@example.org", 1_000_000)
    with pytest.raises(RejectedError, match="expired"):
        verify(token, public, "https://push.example:8443")
    with pytest.raises(RejectedError, match="another push service"):
        verify(token, public, "https://push.example")
    other = encode(point(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(RejectedError, match="another key"):
        verify(token, other, "https://push.example:8443")
    with pytest.raises(RejectedError, match="wrong signature"):
        verify(token.replace(public, other), other, "https://push.example:8443")


def test_a_topic_has_the_characters_and_length_of_rfc_8030() -> None:
    assert topic("gate") == topic("gate") != topic("yard")
    assert len(topic("ü" * 500)) == 32


@pytest.mark.parametrize(
    "subscription",
    [
        "{}",
        json.dumps({"endpoint": "https://push.example/", "keys": {"p256dh": "AAAA", "auth": "AA"}}),
    ],
)
def test_keys_that_are_none_are_unusable(subscription: str) -> None:
    with pytest.raises(UnusableSubscriptionError):
        send(subscription, notification(), encode(b"\1" * 32), "")

"""The setting RETENTION becomes a policy."""

from datetime import timedelta

import pytest

from function_app.retention_policy import RetentionPolicy, parse_retention


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("120d", RetentionPolicy(timedelta(days=120))),
        ("forever", RetentionPolicy(None)),
        (
            "90d, gate=30d,site = forever",
            RetentionPolicy(timedelta(days=90), {"gate": timedelta(days=30), "site": None}),
        ),
    ],
)
def test_a_policy_is_parsed(text: str, expected: RetentionPolicy) -> None:
    assert parse_retention(text) == expected


@pytest.mark.parametrize("text", ["", "0d", "120", "4 months", "gate=30d", "30d, gate", "30d,"])
def test_an_invalid_policy_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="must be like"):
        parse_retention(text)

"""Callers that are devices with keys of their own, and the alerts of those who wait."""

from dataclasses import replace

from function_app.auth.caller import DEVICE, Caller, RequestSignature, Standing
from function_app.auth.unknown_device import ALERT_KIND
from function_app.services import Services

OURS, THEIRS, OTHER = "O" * 43, "T" * 43, "X" * 43
"""Three public keys."""


def verified(device: str, counter: int = 1, key_name: str | None = None, key: str = OURS) -> Caller:
    signature = RequestSignature("", "", counter, "", key)
    return replace(
        DEVICE,
        device=device,
        standing=Standing.VERIFIED,
        signature=signature,
        key_name=key_name,
    )


def alerts_of(services: Services) -> list[str]:
    return [
        f"{one.alert.name.camera}: {one.alert.reason}"
        for one in services.alerts.newest(100, None)
        if one.alert.kind == ALERT_KIND
    ]

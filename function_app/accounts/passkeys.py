"""`/api/passkeys` and `/api/session/passkey`: add a passkey, list and remove them, and sign in by
one (WebAuthn)."""

import logging
from datetime import UTC, datetime
from typing import Any

import webauthn
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json_dict,
    parse_client_data_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from function_app.accounts.fields import record_id
from function_app.accounts.reauthentication import check_is_person
from function_app.accounts.sign_in import complete_sign_in, signed_in_response
from function_app.auth import challenges, login_throttle, passkeys, sessions, totp, users
from function_app.auth.audit_log import FAILED_SIGN_IN
from function_app.auth.caller import Caller
from function_app.auth.client_address import client_address, subscriber_of
from function_app.auth.passkeys import Passkey
from function_app.auth.provenance import undo_if_revoked
from function_app.auth.users import User
from function_app.http.authorization import check_origin, page_origin
from function_app.http.cookies import BROWSER, read_cookie
from function_app.http.parameters import TEXT, Kind, optional, required
from function_app.http.request import JSONBody, Request
from function_app.http.responses import Response, json_response
from function_app.origins import hostname_of
from function_app.problems import HTTPProblemError
from function_app.services import Services
from photo_wire.errors import WireError
from photo_wire.moment import format_time

MAX_LABEL = 64  # characters
_MAX_TRIES = 3  # each means that another request changed the record


def _parse_credential(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise WireError(
            name, "must be an object: what the browser's PublicKeyCredential.toJSON() says"
        )
    return value


def _parse_label(value: object, name: str) -> str:
    is_label = isinstance(value, str) and 1 <= len(value.strip()) <= MAX_LABEL
    if not is_label or not str(value).isprintable():
        raise WireError(name, f"must be a text of 1 to {MAX_LABEL} printable characters")
    return str(value).strip()


PASSWORD = optional("password", TEXT, "Required if the session began more than 10 minutes ago.")
CREDENTIAL = required(
    "credential",
    Kind({"type": "object"}, "an object", _parse_credential),
    "What `PublicKeyCredential.toJSON()` returns in the browser.",
)
LABEL = required(
    "label",
    Kind({"type": "string", "minLength": 1, "maxLength": MAX_LABEL}, "a text", _parse_label),
    "What you call it.",
)
OPTIONS = JSONBody("PasskeyOptionsRequest", (PASSWORD,), is_required=False)
NEW_PASSKEY = JSONBody("NewPasskey", (LABEL, CREDENTIAL))
PASSKEY_SIGN_IN = JSONBody("PasskeySignIn", (CREDENTIAL,))
PASSKEY_ID = record_id("passkey")

log = logging.getLogger(__name__)


def list_passkeys(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the caller's passkeys, the oldest first."""
    found = passkeys.list_passkeys(services.accounts, caller.name)
    return json_response({"passkeys": [_to_json(one) for one in found]})


def begin_passkey(request: Request, services: Services, caller: Caller) -> Response:
    """200 with options for `navigator.credentials.create`, with a new challenge."""
    check_is_person(request, services, caller, request[PASSWORD])
    known = passkeys.check_room(services.accounts, caller.name)
    origin, session = page_origin(request.headers), caller.session or ""
    challenge = challenges.create(services.accounts, session, origin, datetime.now(UTC))
    options = webauthn.generate_registration_options(
        rp_id=hostname_of(origin),
        rp_name="Nightjar",
        user_name=caller.name,
        user_id=passkeys.user_handle(caller.name),
        challenge=base64url_to_bytes(challenge),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(one.credential)) for one in known
        ],
    )
    return json_response(options_to_json_dict(options))


def add_passkey(request: Request, services: Services, caller: Caller) -> Response:
    """201 with the passkey, by which the caller can sign in from now on."""
    now, origin = datetime.now(UTC), page_origin(request.headers)
    passkey = _registered(request, services, caller, origin, now)
    if passkey is None:
        raise HTTPProblemError(400, "The passkey cannot be used: try to add it once more.")
    passkeys.add(services.accounts, passkey)
    undo_if_revoked(
        services.accounts,
        caller,
        lambda: passkeys.remove(services.accounts, caller.name, passkey.id),
    )
    services.audit_log.record(request.headers, caller.actor, "added the passkey", passkey.label)
    return json_response(_to_json(passkey), 201)


def remove_passkey(request: Request, services: Services, caller: Caller) -> Response:
    """204; nobody signs in by this passkey any more. Sessions go on."""
    removed = passkeys.remove(services.accounts, caller.name, request[PASSKEY_ID])
    if removed is None:
        raise HTTPProblemError(404, "There is no such passkey: it was removed already.")
    services.audit_log.record(request.headers, caller.actor, "removed the passkey", removed.label)
    return Response(204)


def begin_passkey_sign_in(request: Request, services: Services, caller: Caller) -> Response:
    """200 with options for `navigator.credentials.get`, with a new challenge: the same for
    everybody."""
    check_origin(request.http, services.settings.network)
    origin = page_origin(request.headers)
    challenge = challenges.create(services.accounts, challenges.SIGN_IN, origin, datetime.now(UTC))
    options = webauthn.generate_authentication_options(
        rp_id=hostname_of(origin), challenge=base64url_to_bytes(challenge)
    )
    return json_response(options_to_json_dict(options))


def open_session_by_passkey(request: Request, services: Services, caller: Caller) -> Response:
    """200 with the session's cookie and the user. Attempts that fail count as wrong passwords: for
    the browser, if somebody signed in there before, otherwise for the address."""
    check_origin(request.http, services.settings.network)
    now = datetime.now(UTC)
    device_cookie = read_cookie(request.headers, BROWSER, request.url)
    owner = device_cookie.rpartition(".")[0]
    device = sessions.find_device(services.accounts, owner, device_cookie, now)
    address = client_address(request.headers, services.settings.network.trusted_proxies)
    identities = {"browser": device} if device else {"address": subscriber_of(address)}
    login_throttle.count_attempt(services.accounts, identities, now)
    user = _signed_in(request, services, now)
    if user is None:
        services.audit_log.record(request.headers, "somebody", FAILED_SIGN_IN)
        raise HTTPProblemError(401, "The passkey was not accepted.", {"WWW-Authenticate": "Bearer"})
    login_throttle.record_success(services.accounts, identities, now)
    is_known_device = device is not None and owner == user.name
    cookies = complete_sign_in(user, request, services, "signed in by passkey", is_known_device)
    return signed_in_response(user, cookies)


def _registered(
    request: Request, services: Services, caller: Caller, origin: str, now: datetime
) -> Passkey | None:
    """Return the passkey that an authenticator made for the challenge of this session; None if that
    cannot be believed."""
    credential = request[CREDENTIAL]
    challenge, session = _challenge_in(credential), caller.session or ""
    if challenge is None or not challenges.take(services.accounts, challenge, session, origin, now):
        return None
    try:
        verified = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=hostname_of(origin),
            expected_origin=origin,
        )
    except Exception as error:  # noqa: BLE001 - its parsers raise all kinds for malformed input
        log.info("a passkey was not added: %s", type(error).__name__)
        return None
    return Passkey(
        name=caller.name,
        label=request[LABEL],
        credential=bytes_to_base64url(verified.credential_id),
        public_key=bytes_to_base64url(verified.credential_public_key),
        rp_id=hostname_of(origin),
        sign_count=verified.sign_count,
        added_at=now,
    )


def _signed_in(request: Request, services: Services, now: datetime) -> User | None:
    """Return the user whose passkey signed a challenge; None if that cannot be believed, or if they
    were removed. Of two uses of a passkey at the same moment each is checked against the count of
    the one before."""
    credential, origin = request[CREDENTIAL], page_origin(request.headers)
    challenge, table = _challenge_in(credential), services.accounts
    if challenge is None or not challenges.take(table, challenge, challenges.SIGN_IN, origin, now):
        return None
    for _ in range(_MAX_TRIES):
        entity = passkeys.find(table, str(credential.get("id")))
        if entity is None:
            return None
        passkey = passkeys.passkey_of(entity)
        verified = _verified(credential, challenge, passkey, origin)
        if verified is None or _needs_code(verified, passkey, services):
            return None
        if passkeys.record_use(table, entity, verified.new_sign_count, now):
            return users.find(table, passkey.name)
    return None


def _needs_code(verified: VerifiedAuthentication, passkey: Passkey, services: Services) -> bool:
    """Return whether this person signs in with codes, and the authenticator asked for neither PIN
    nor fingerprint: whoever has it could sign in."""
    return not verified.user_verified and totp.find(services.accounts, passkey.name) is not None


def _verified(
    credential: dict[str, Any], challenge: str, passkey: Passkey, origin: str
) -> VerifiedAuthentication | None:
    """Return what the authenticator said if it signed the challenge with this passkey, for this
    origin; None if it did not, or if its count goes back, as that of a copy does."""
    try:
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=passkey.rp_id,
            expected_origin=origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
        )
        handle = credential["response"].get("userHandle")
    except Exception as error:  # noqa: BLE001 - its parsers raise all kinds for malformed input
        log.info("a passkey was not accepted: %s", type(error).__name__)
        return None
    is_theirs = handle in (None, bytes_to_base64url(passkeys.user_handle(passkey.name)))
    return verified if is_theirs and passkey.rp_id == hostname_of(origin) else None


def _challenge_in(credential: dict[str, Any]) -> str | None:
    """Return the challenge that an answer is for, in base64url; None if it names none."""
    try:
        client_data = base64url_to_bytes(credential["response"]["clientDataJSON"])
        return bytes_to_base64url(parse_client_data_json(client_data).challenge)
    except Exception as error:  # noqa: BLE001 - its parsers raise all kinds for malformed input
        log.info("an answer for a passkey cannot be read: %s", type(error).__name__)
        return None


def _to_json(passkey: Passkey) -> dict[str, object]:
    return {
        "id": passkey.id,
        "label": passkey.label,
        "host": passkey.rp_id,
        "added_at": format_time(passkey.added_at),
        "used_at": format_time(passkey.used_at) if passkey.used_at else None,
    }

"""The JSON of the responses about people, their sign-ins, tokens and links."""

from function_app.auth.caller import Role, Scope
from function_app.http.json_schema import (
    BOOLEAN,
    CAMERA,
    CAMERAS,
    COUNT,
    CURSOR,
    PHOTO_ID,
    SHA256,
    TIME,
    Schema,
    array,
    nullable,
    number,
    record,
    ref,
    text,
)

_SCOPES = array(text(enum=list(Scope)))

ACCOUNT_SCHEMAS: dict[str, Schema] = {
    "SignedIn": record(name=text(), role=text(enum=list(Role)), cameras=CAMERAS),
    "Caller": record(name=text(), scopes=_SCOPES, cameras=CAMERAS),
    "Ended": record(
        ended=COUNT,
        channels={
            **array(text()),
            "description": "The names of the channels that go on getting the notifications.",
        },
    ),
    "PasskeyOptions": {
        "type": "object",
        "description": "What PublicKeyCredential.parseCreationOptionsFromJSON() takes in the "
        "browser, or parseRequestOptionsFromJSON() (WebAuthn).",
    },
    "Passkey": record(
        id=SHA256,
        label=text(),
        host={**text(), "description": "Where it was added; it works there alone."},
        added_at=TIME,
        used_at=nullable(TIME),
    ),
    "Passkeys": record(passkeys=array(ref("Passkey"))),
    "TOTP": record(
        enabled=BOOLEAN,
        confirmed_at=nullable(TIME),
        recovery_codes=nullable(number(minimum=0, maximum=10)),
    ),
    "NewTOTP": record(
        secret=text(),
        uri=text(format="uri"),
        qr={**text(), "description": "The same as a picture: SVG."},
    ),
    "RecoveryCodes": record(
        recovery_codes={
            **array(text()),
            "description": "Each stands for a code once. They are never shown again.",
        }
    ),
    "Sessions": record(
        sessions=array(
            record(
                id=SHA256,
                browser={
                    **nullable(text()),
                    "description": "Null in a session that began before this was recorded; so are "
                    "`system` and `network`, which are also null if they are not known.",
                },
                system=nullable(text()),
                network=nullable(text()),
                signed_in_at=TIME,
                used_at={**nullable(TIME), "description": "Exact to the hour."},
                expires_at=TIME,
                current={**BOOLEAN, "description": "Whether this request belongs to it."},
            )
        )
    ),
    "Person": record(
        name=text(),
        role=text(enum=list(Role)),
        cameras=CAMERAS,
        made_by=nullable(text()),
        root=nullable(text()),
    ),
    "People": record(people=array(ref("Person"))),
    "MadeToken": record(name=text(), token=text(), scopes=_SCOPES, cameras=CAMERAS),
    "Tokens": record(
        tokens=array(
            record(
                name=text(),
                scopes=_SCOPES,
                cameras=CAMERAS,
                made_at=TIME,
                used_at=nullable(TIME),
                made_by=nullable(text()),
                root=nullable(text()),
            )
        )
    ),
    "Revoked": record(
        name=text(),
        revoked=record(tokens=array(text()), links=array(text())),
        staying=record(tokens=array(text()), people=array(text())),
        unknown=array(text()),
    ),
    "Accesses": record(
        accesses=array(
            record(
                at=TIME,
                who=text(),
                what=text(),
                which=nullable(text()),
                network=nullable(text()),
            )
        ),
        next_cursor=CURSOR,
    ),
    "MadeShare": record(url=text(format="uri"), key=text(), until=TIME),
    "Shares": record(
        shares=array(
            record(
                **{
                    "key": text(),
                    "camera": CAMERA,
                    "photo": nullable(PHOTO_ID),
                    "photos": nullable(array(PHOTO_ID)),
                    "from": TIME,
                    "to": TIME,
                    "until": TIME,
                    "with_location": BOOLEAN,
                    "opened": number(minimum=0),
                    "opened_at": nullable(TIME),
                    "made_by": nullable(text()),
                    "root": nullable(text()),
                }
            )
        )
    ),
}

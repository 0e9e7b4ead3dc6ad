"""An authenticator app: the codes of a secret at a moment."""

from datetime import datetime

import pyotp

from function_app.auth.totp import PERIOD


def code_of(secret: str, moment: datetime, later: int = 0) -> str:
    """Return the code that the app shows at a moment, or some periods later."""
    return str(pyotp.TOTP(secret).generate_otp(int(moment.timestamp()) // PERIOD + later))

"""The second factor: time-based codes (RFC 6238, as every authenticator app makes them) and recovery codes."""

import hmac
import secrets

import pyotp

from backend.identity.devices import new_token, token_hash

STEP_S = 30
TOLERANCE = 1  # steps before and after: the phone's clock is not ours
RECOVERY_CODES = 10
ISSUER = "Liandong"


def new_secret() -> str:
    """A fresh secret in base 32, 160 bits."""
    return pyotp.random_base32()


def address_of(secret: str, login: str) -> str:
    """The `otpauth://` address that an authenticator app reads from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def matching_step(secret: str, code: str, now_s: float, after: int) -> int | None:
    """The time step whose code this is; None if it is none, or not later than the step that was `after` last used."""
    clock = pyotp.TOTP(secret)
    given = "".join(code.split())[:16].encode("utf-8", "surrogatepass")
    present = int(now_s) // STEP_S
    found = None
    for step in range(present - TOLERANCE, present + TOLERANCE + 1):
        if hmac.compare_digest(clock.generate_otp(step).encode(), given):
            found = step
    return found if found is not None and found > after else None


def new_recovery_codes() -> list[str]:
    """Codes that each open once, in groups that can be read aloud."""
    return ["-".join(new_token()[at : at + 5] for at in (0, 5)) for _ in range(RECOVERY_CODES)]


def recovery_hash(code: str) -> bytes:
    """The stored form of a recovery code."""
    return token_hash("".join(sign for sign in code.lower() if sign.isalnum()))


def new_session_token() -> str:
    """256 random bits for a cookie or a one-time link."""
    return secrets.token_urlsafe(32)

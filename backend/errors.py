"""Errors that carry their HTTP status and their facts; `app.py` turns them into problem+json (RFC 9457).

- Refusal (409): the request is understood and cannot be done now
  - BadInput (422): what came is not what was expected
  - NotSignedIn (401): no session
  - Forbidden (403): a session without the right
  - NotFound (404)
  - TooMany (429): slow down
  - Unavailable (503): a part of the system is away
"""

from typing import Any, ClassVar


class Refusal(Exception):
    """A refusal that the caller can understand: a sentence, and the facts as fields."""

    status: ClassVar[int] = 409
    title: ClassVar[str] = "Refused"

    def __init__(self, detail: str, **facts: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.facts = facts


class BadInput(Refusal):
    status = 422
    title = "Bad input"


class NotSignedIn(Refusal):
    status = 401
    title = "Not signed in"


class Forbidden(Refusal):
    status = 403
    title = "Forbidden"


class NotFound(Refusal):
    status = 404
    title = "Not found"


class TooMany(Refusal):
    status = 429
    title = "Too many attempts"


class Unavailable(Refusal):
    status = 503
    title = "Unavailable"

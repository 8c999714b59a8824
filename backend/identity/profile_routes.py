"""Routes of one's own profile."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from backend.identity.access import SignedIn, Viewer
from backend.identity.change import tell_all
from backend.identity.login_routes import RulesOut, Secret, Strict, caller, rules, steps
from backend.identity.reading import profile_of

router = APIRouter(prefix="/api/v1/profile")


class ProfileOut(BaseModel):
    """Myself. `recovery_codes`: how many are left; `password_set_at`: ms since 1970."""

    login: str
    name: str
    name_en: str | None
    body: str
    body_en: str | None
    roles: list[str]
    second_factor: bool
    recovery_codes: int
    password_set_at: int | None
    rules: RulesOut


class PasswordChange(Strict):
    """The old password and the new one."""

    old: Secret
    new: Secret


@router.get("")
async def profile(request: Request, viewer: Annotated[Viewer, Depends(SignedIn())]) -> ProfileOut:
    """Myself."""
    async with request.app.state.database.snapshot() as session:
        return ProfileOut(**await profile_of(session, viewer.person or 0), rules=rules(request))


@router.post("/password", status_code=204)
async def change_password(
    request: Request, body: PasswordChange, viewer: Annotated[Viewer, Depends(SignedIn())]
) -> None:
    """Another password; my other sessions end."""
    await steps(request).change_password(viewer.person or 0, body.old, body.new, viewer.session or 0, caller(request))
    await tell_all(request)

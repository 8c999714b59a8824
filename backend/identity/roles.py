"""The roles, in one list: which permissions each bundles, and how its people must sign in.

A later part of the program adds its atoms to the roles that need them. Three kinds of administrators stand apart
(GB/T 22239-2019, 8.1.5: system, security and audit administration): nobody holds two of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MAP = ("map.read", "unit.read", "position.read")
WALL = (*MAP, "wall.open", "presence.read", "alarm.read", "geofence.read")
TELL = ("device.read", "device.command")
DESK = (*WALL, *TELL, "system.read", "geofence.edit")
PEOPLE = ("person.read", "organisation.read")
SESSIONS = ("session.read", "session.end")
# What needs two people: whoever may decide may ask as well, and never decides on what he asked for himself.
ASK = ("approval.read", "approval.ask")
DECIDE = (*ASK, "approval.decide")
HOLD = ("retention.read", "hold.write")
SYSTEM = (
    *(*PEOPLE, *ASK, *SESSIONS, "person.write", "organisation.write", "map.read", "unit.read"),
    *("device.read", "device.write", "system.read"),
)
SECURITY = (
    *(*PEOPLE, *DECIDE, *HOLD, *SESSIONS, "map.read", "unit.read"),
    *("grant.read", "grant.write", "key.read", "key.write"),
)
AUDIT = (*PEOPLE, *DECIDE, "map.read", "unit.read", "grant.read", "audit.read", "retention.read")
FLEET = ("fleet.read", "map.read", "unit.read", "device.read")


@dataclass(frozen=True, slots=True)
class Role:
    """A bundle of atoms. `second_factor`: always asked for; `lasting`: its sessions do not end by idleness."""

    name: str
    words_zh: str
    words_en: str
    atoms: tuple[str, ...]
    second_factor: bool = False
    lasting: bool = False


ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role("call_taker", "座席", "Call-taker", MAP),
        Role("senior_call_taker", "班长座席", "Senior call-taker", (*MAP, "presence.read", "alarm.read", "phone.read")),
        Role("quality_inspector", "质检员", "Quality inspector", ("unit.read",)),
        Role("intake", "受理员", "Intake officer", MAP),
        Role("collector", "采集员(监督员)", "Collector", MAP),
        Role(
            "shift_supervisor",
            "值班长",
            "Shift supervisor",
            (*DESK, "track.read", "phone.read", "grant.share"),
        ),
        Role("dispatcher", "派遣员", "Dispatcher", (*DESK, "track.read")),
        Role("department_officer", "部门经办人", "Department officer", WALL),
        Role(
            "squad_leader",
            "中队长",
            "Squad leader",
            (*WALL, *TELL, "track.read", "phone.read"),
        ),
        Role("officer", "队员", "Officer", MAP),
        Role("assessor", "考核员", "Assessor", ("map.read", "unit.read", "track.read", "geofence.read")),
        Role("leader", "领导", "Leader", (*WALL, *DECIDE, *HOLD, "track.read")),
        Role("fleet_manager", "车队管理员", "Fleet manager", FLEET),
        Role("wallboard", "大屏", "Wallboard", (*WALL, "system.read"), lasting=True),
        Role("system_administrator", "系统管理员", "System administrator", SYSTEM, second_factor=True),
        Role("security_administrator", "安全管理员", "Security administrator", SECURITY, second_factor=True),
        Role("auditor", "审计员", "Auditor", AUDIT, second_factor=True),
    )
}

SEPARATE = ("system_administrator", "security_administrator", "auditor")
"""Of these nobody holds two."""
POWERS = {
    "person.write": "system_administrator",
    "grant.write": "security_administrator",
    "audit.read": "auditor",
}
"""What makes each of them: granted alone it counts as the role."""


def offices(role: str | None, atoms: Iterable[str]) -> set[str]:
    """Which of the three administrators a grant makes of somebody."""
    found = {POWERS[atom] for atom in atoms if atom in POWERS}
    return found | {role} if role in SEPARATE and role is not None else found

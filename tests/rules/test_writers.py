"""One writer for each thing."""

import ast

from tests.rules.sources import Source, sources

EXCUSES: tuple[str, ...] = ()

IDENTITY_TABLES = {
    "node", "unit", "device", "unit_duty", "access_key", "identity_version", "person", "person_grant", "session",
    "enrolment", "recovery_code", "area", "area_cell", "seat", "vehicle", "camera", "approval", "audit_setting",
    "device_seen", "unknown_device",
}  # fmt: skip
IDENTITY_MODELS = {
    "Node", "Unit", "Device", "UnitDuty", "AccessKey", "Person", "PersonGrant", "Session", "Enrolment", "RecoveryCode",
    "Area", "AreaCell", "Seat", "Vehicle", "Camera", "DeviceSeen", "UnknownDevice",
}  # fmt: skip
EVENT_TABLES = {"event", "event_counter"}
AUDIT_SETTINGS = "backend/identity/audit_settings.py"


def outside(*folders: str) -> list[Source]:
    return [one for one in sources() if not one.name.startswith(folders) and one.name not in EXCUSES]


def test_nobody_but_db_begins_or_commits() -> None:
    verbs = {"commit", "rollback", "begin", "begin_nested", "autocommit", "set_autocommit"}
    found = [
        f"{one.name}:{call.lineno}: .{call.func.attr}("
        for one in outside("backend/db/")
        for call in one.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr in verbs
    ]
    assert not found


def test_the_one_place_that_commits_is_engine() -> None:
    """So the search above can find one."""
    (engine,) = [one for one in sources() if one.name == "backend/db/engine.py"]
    commits = [call for call in engine.calls() if isinstance(call.func, ast.Attribute) and call.func.attr == "commit"]
    assert len(commits) == 1


def test_nobody_but_identity_writes_its_tables() -> None:
    found = [
        f"{one.name}: {sorted(tables)}"
        for one in outside("backend/identity/", "backend/db/migrations/")
        if (tables := one.written_tables() & IDENTITY_TABLES)
    ]
    assert not found


def test_nobody_but_identity_holds_its_rows() -> None:
    """Who has no model cannot change one in a session."""
    found = []
    for one in outside("backend/identity/"):
        for node in ast.walk(one.tree):
            names: set[str] = set()
            if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("identity.tables"):
                names = {alias.name for alias in node.names}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "tables":
                names = {node.attr}
            found += [f"{one.name}: {name}" for name in sorted(names & (IDENTITY_MODELS | {"*"}))]
    assert not found


def test_events_are_written_in_one_file_only() -> None:
    allowed = ("backend/db/events.py", "backend/db/migrations/")
    found = [
        f"{one.name}: {sorted(tables)}" for one in outside(*allowed) if (tables := one.written_tables() & EVENT_TABLES)
    ]
    assert not found
    (events,) = [one for one in sources() if one.name == "backend/db/events.py"]
    assert events.written_tables() >= EVENT_TABLES, "so the search can find one"


def test_what_needs_two_people_is_done_in_one_place_each() -> None:
    """Dropping days early, ending a legal hold, setting the audit: nothing else in the program can."""
    ends = [
        one.name
        for one in sources()
        for call in one.calls()
        if isinstance(call.func, ast.Name | ast.Attribute)
        and (call.func.id if isinstance(call.func, ast.Name) else call.func.attr) == "end_hold"
    ]
    assert ends == ["backend/avl/approved.py"]
    for word, place in (
        ("drop_fix_day(", "backend/avl/retention.py"),
        ("cluster_fix_day(", "backend/avl/clustering.py"),
        ("set_audit_settings(", AUDIT_SETTINGS),
    ):
        uses = [one.name for one in outside("backend/db/migrations/") if word in one.text]
        assert uses == [place], word
    writers = {
        table: {one.name for one in outside("backend/db/migrations/") if table in one.written_tables()}
        for table in ("hold", "approval", "audit_setting")
    }
    assert writers == {
        "hold": {"backend/avl/holds.py"},
        "approval": {"backend/identity/approvals.py"},
        "audit_setting": set(),
    }

"""Bodies into the tree: added, renamed, moved; each after the one above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.errors import BadInput
from backend.identity.importing.row import Findings, Row
from backend.identity.tables import Node
from backend.identity.tree import Tree


@dataclass(slots=True)
class Bodies:
    """The bodies of the store as they become, by code; and how many were added and changed."""

    by_code: dict[str, Node] = field(default_factory=dict)
    added: int = 0
    changed: int = 0


async def import_bodies(session: AsyncSession, rows: Sequence[Row], findings: Findings) -> Bodies:
    """Write the rows of kind `body`. A body is known by its code; one that has none yet, by its name and parent.

    A row at the top takes the place of the only body that stands there, if that has no code yet: the first start made
    it, so that the first administrator belongs somewhere.
    """
    nodes = list(await session.scalars(select(Node).with_for_update()))
    bodies = Bodies({node.code: node for node in nodes if node.code is not None})
    waiting = dict(_words(rows))
    refused: set[str] = set()
    while ready := [row for row in waiting.values() if _is_ready(row, waiting)]:
        for row in ready:
            del waiting[row.code]
            # What stands beneath one that was refused is not wrong itself.
            if row.values.get("parent") in refused or not await _put(session, row, bodies, nodes, findings):
                refused.add(row.code)
    for row in waiting.values():
        findings.note(row, f"{row.code} stands above itself, by way of {row.values['parent']}")
    findings.check()
    _check_tree(nodes)
    return bodies


def _words(rows: Sequence[Row]) -> Mapping[str, Row]:
    """By code, the row that says what the body is: of two the one without a shape; a shape alone says nothing new."""
    found: dict[str, Row] = {}
    for row in rows:
        is_better = row.code not in found or row.geometry is None
        if row.what == "body" and is_better and (row.geometry is None or "kind" in row.values):
            found[row.code] = row
    return found


def _is_ready(row: Row, waiting: Mapping[str, Row]) -> bool:
    return row.values.get("parent") not in waiting


async def _put(session: AsyncSession, row: Row, bodies: Bodies, nodes: list[Node], findings: Findings) -> bool:
    """Whether it was put; if not, why is noted."""
    values = row.values
    above = values.get("parent")
    if above is not None and above not in bodies.by_code:
        findings.note(row, f"there is no body {above!r} to be its parent")
        return False
    known = bodies.by_code.get(row.code)
    parent = bodies.by_code[above].id if above is not None else known.parent if known else None
    name = values.get("name") or (known.name if known else None)
    kind = values.get("kind") or (known.kind if known else None)
    if name is None or kind is None:
        findings.note(row, f"{row.code} is not known yet: a new body needs a name and a kind")
        return False
    namesake = next((node for node in nodes if (node.parent, node.name) == (parent, name) and node is not known), None)
    if known is None and namesake is not None and namesake.code is None:
        known, namesake = namesake, None
    if known is None and parent is None:
        known = _first_root(nodes, kind)
    if namesake is not None:
        findings.note(row, f"{name} stands under the same body already, with the code {namesake.code or 'none'}")
        return False
    if known is None and parent is None and nodes:
        findings.note(row, f"{row.code} needs a parent: another body stands at the top")
        return False
    if known is None:
        known = Node(parent=parent, kind=kind, name=name, name_en=values.get("name_en"), code=row.code)
        session.add(known)
        nodes.append(known)
        bodies.added += 1
    else:
        known.parent, known.name, known.kind, known.code = parent, name, kind, row.code
        known.name_en = values.get("name_en", known.name_en)
        bodies.changed += session.is_modified(known)
    await session.flush()
    bodies.by_code[row.code] = known
    return True


def _first_root(nodes: Sequence[Node], kind: str) -> Node | None:
    """The only body at the top, if it has no code."""
    roots = [node for node in nodes if node.parent is None]
    return roots[0] if len(roots) == 1 and roots[0].code is None and roots[0].kind == kind else None


def _check_tree(nodes: Sequence[Node]) -> None:
    """Raises BadInput where bodies that were moved stand above each other."""
    try:
        Tree(nodes)
    except BadInput as error:
        raise BadInput(f"{error.detail}\nnothing was imported", code="import_refused") from error

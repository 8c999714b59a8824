"""Signals, crossings on foot and forbidden turns at the larger junctions."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from tiles.demo.draft import Draft
from tiles.demo.graph import Graph, Spot
from tiles.demo.roads import RANK

type Arm = tuple[int, bool]
"""A piece (by index) at a junction, and whether the junction is its start."""


@dataclass(slots=True)
class Turn:
    """A forbidden or ordered turn: from a piece over a junction to a piece."""

    kind: str
    source: int
    via: Spot
    target: int


def junctions(graph: Graph) -> dict[Spot, list[Arm]]:
    """Arms of each spot where at least three arms of road meet."""
    arms: dict[Spot, list[Arm]] = defaultdict(list)
    for index, piece in enumerate(graph.pieces):
        if RANK[graph.roads[piece.road].kind] > 0:
            arms[piece.spots[0]].append((index, True))
            arms[piece.spots[-1]].append((index, False))
    return {spot: meeting for spot, meeting in arms.items() if len(meeting) >= 3}


def signals(graph: Graph, meeting: dict[Spot, list[Arm]]) -> list[Spot]:
    """Junctions on the ground with signals: where two streets of rank meet."""
    found = []
    for spot, arms in meeting.items():
        roads = [graph.roads[graph.pieces[index].road] for index, _ in arms]
        ranks = sorted((RANK[road.kind] for road in roads if "junction" not in road.tags), reverse=True)
        courses = {road.name for road in roads if RANK[road.kind] >= RANK["tertiary"]}
        if (
            spot[2] == 0
            and len(ranks) >= 3
            and ranks[0] >= 5
            and ranks[2] >= (4 if ranks[0] == 6 else 5)
            and len(courses) >= 2
        ):
            found.append(spot)
    return found


def forbidden_turns(graph: Graph, meeting: dict[Spot, list[Arm]], lit: list[Spot], seed: int) -> list[Turn]:
    """Turns forbidden at signals: left from a main street, turning back, all but straight on."""
    dice = np.random.default_rng(seed)
    turns = []
    for spot in lit:
        arms = [arm for arm in meeting[spot] if "bridge" not in graph.pieces[arm[0]].tags]
        if len(arms) != 4 or any(graph.roads[graph.pieces[i].road].oneway for i, _ in arms):
            continue
        chance = float(dice.random())
        source = arms[int(dice.integers(4))]
        away = _heading(graph, source)
        others = sorted((_turn(away, _heading(graph, arm)), arm) for arm in arms if arm != source)
        left = max(others, key=lambda item: item[0])
        straight = min(others, key=lambda item: abs(item[0]))
        if chance < 0.34 and 50 < left[0] < 140:
            turns.append(Turn("no_left_turn", source[0], spot, left[1][0]))
        elif chance < 0.5:
            turns.append(Turn("no_u_turn", source[0], spot, source[0]))
        elif chance < 0.6 and abs(straight[0]) < 30:
            turns.append(Turn("only_straight_on", source[0], spot, straight[1][0]))
    return turns


def _heading(graph: Graph, arm: Arm) -> float:
    """Degrees, counterclockwise from east, in which an arm leaves its junction."""
    spots = graph.pieces[arm[0]].spots
    a, b = (spots[0], spots[1]) if arm[1] else (spots[-1], spots[-2])
    return float(np.degrees(np.arctan2(b[1] - a[1], b[0] - a[0])))


def _turn(source: float, target: float) -> float:
    """Degrees turned to the left by one who comes in on the arm `source` and leaves on `target`; -180 to 180."""
    return (target - (source + 180) + 180) % 360 - 180


def write_traffic(
    draft: Draft, graph: Graph, meeting: dict[Spot, list[Arm]], lit: list[Spot], turns: list[Turn], ways: dict[int, int]
) -> None:
    """Writes signals, crossings a few metres before them, and the turns."""
    for spot in lit:
        draft.tag(draft.spot(spot), {"highway": "traffic_signals"})
        for index, starts in meeting[spot]:
            spots = graph.pieces[index].spots
            inner = spots[1] if starts else spots[-2]
            if len(spots) > 2 and abs(inner[0] - spot[0]) + abs(inner[1] - spot[1]) < 400:
                draft.tag(draft.spot(inner), {"highway": "crossing", "crossing": "traffic_signals"})
    for turn in turns:
        members = [("w", ways[turn.source], "from"), ("n", draft.spot(turn.via), "via"), ("w", ways[turn.target], "to")]
        draft.relation(members, {"type": "restriction", "restriction": turn.kind})

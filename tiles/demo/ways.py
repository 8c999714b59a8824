"""The street graph as OSM ways: long ones, split only where their tags change, where a turn is forbidden, or each 2
km."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from tiles.demo.draft import Draft, Tags
from tiles.demo.graph import Graph, Piece, Spot
from tiles.demo.naming import street_in_english
from tiles.demo.plane import GRAIN
from tiles.demo.roads import Road

LONGEST = 2000.0
"""Metres of a way."""
SPEEDS = {"primary": "60", "secondary": "50", "tertiary": "40", "residential": "30", "living_street": "20",
          "unclassified": "50", "trunk_link": "40", "motorway_link": "40", "primary_link": "40"}  # fmt: skip
LANES = {"primary": 4, "secondary": 4, "tertiary": 2, "residential": 2}


def road_tags(road: Road) -> Tags:
    """The tags of a road, without those of its pieces."""
    tags: Tags = {"highway": road.kind}
    if road.name:
        tags["name"] = road.name
        tags["name:en"] = street_in_english(road.name)
    if road.oneway and "junction" not in road.tags:
        tags["oneway"] = "yes"
    if road.kind in SPEEDS:
        tags["maxspeed"] = SPEEDS[road.kind]
    if road.kind in LANES:
        lanes = LANES[road.kind]
        tags["lanes"] = str(max(1, lanes // 2 + (1 if road.median else 0)) if road.oneway else lanes)
    if road.quarter == "old" and road.kind in ("living_street", "residential", "pedestrian"):
        tags["surface"] = "paving_stones"
    elif road.kind not in ("track", "path"):
        tags["surface"] = "asphalt"
    return tags


def write_roads(draft: Draft, graph: Graph, splits: set[Spot]) -> dict[int, int]:
    """Writes all roads; of each piece (by index) the index of its way. Ways end at `splits`."""
    chosen: dict[int, int] = {}
    groups: dict[tuple[tuple[str, str], ...], list[int]] = defaultdict(list)
    known: dict[int, Tags] = {}
    for index, piece in enumerate(graph.pieces):
        if piece.road not in known:
            known[piece.road] = road_tags(graph.roads[piece.road])
        tags = {**known[piece.road], **piece.tags}
        groups[tuple(sorted(tags.items()))].append(index)
    for pairs, indices in groups.items():
        for run in _runs(graph, indices, splits):
            spots = [
                spot for i, (index, ahead) in enumerate(run) for spot in _spots(graph.pieces[index], ahead)[i > 0 :]
            ]
            way = draft.way([draft.spot(spot) for spot in spots], dict(pairs))
            chosen.update((index, way) for index, _ in run)
    return chosen


def _spots(piece: Piece, ahead: bool) -> list[Spot]:
    return piece.spots if ahead else piece.spots[::-1]


def _runs(graph: Graph, indices: list[int], splits: set[Spot]) -> Iterator[list[tuple[int, bool]]]:
    """Pieces of equal tags laid end to end: index, and whether it is passed ahead."""
    oneway = bool(graph.roads[graph.pieces[indices[0]].road].oneway)
    arms: dict[Spot, list[int]] = defaultdict(list)
    for index in indices:
        arms[graph.pieces[index].spots[0]].append(index)
        arms[graph.pieces[index].spots[-1]].append(index)
    left = dict.fromkeys(indices)
    while left:
        start = next(iter(left))
        del left[start]
        run = [(start, True)]
        length = _length(graph.pieces[start])
        for forward in (True, False):
            while length < LONGEST:
                index, ahead = run[-1] if forward else run[0]
                spots = _spots(graph.pieces[index], ahead)
                tip = spots[-1] if forward else spots[0]
                following = _next(graph, arms[tip], left, tip, spots if forward else spots[::-1], oneway, forward)
                if tip in splits or following is None:
                    break
                del left[following[0]]
                length += _length(graph.pieces[following[0]])
                run = [*run, following] if forward else [following, *run]
        yield run


def _next(
    graph: Graph, arms: list[int], left: dict[int, None], tip: Spot, spots: list[Spot], oneway: bool, forward: bool
) -> tuple[int, bool] | None:
    """The piece with which a run goes on beyond its tip: the straightest, if it does not turn sharply."""
    best: tuple[float, int, bool] | None = None
    for index in arms:
        if index not in left:
            continue
        other = graph.pieces[index].spots
        starts = other[0] == tip
        if oneway and starts != forward:
            continue
        into = np.array(tip[:2]) - np.array(spots[-2][:2])
        away = np.array((other if starts else other[::-1])[1][:2]) - np.array(tip[:2])
        turn = abs(np.arctan2(into[0] * away[1] - into[1] * away[0], into @ away))
        if turn < np.radians(75) and (best is None or turn < best[0]):
            best = (float(turn), index, starts if forward else not starts)
    return None if best is None else (best[1], best[2])


def _length(piece: Piece) -> float:
    points = np.array([spot[:2] for spot in piece.spots]) * GRAIN
    return float(np.hypot(*np.diff(points, axis=0).T).sum())

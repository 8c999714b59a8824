"""Ramps hung on the roads between which they lead, and lifted over those that they cross."""

from collections import defaultdict

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from tiles.demo.plane import Points, snap
from tiles.demo.roads import Road
from tiles.demo.viaducts import Host

type Run = tuple[int, Points]
"""A road, by its index, and a course of it."""
RAMP = "ramp"
"""Stands for the name of ramps: they bear no other ramps."""


def hang_ramps(runs: list[Run], roads: list[Road], hosts: list[Host]) -> list[Run]:
    """The runs (road and course) with the ends of ramps on the roads that bear them, which get a point and a split
    there."""
    bearers: dict[str, list[int]] = defaultdict(list)
    shapes: dict[str, list[LineString]] = defaultdict(list)
    for index, (owner, points) in enumerate(runs):
        bearers[_bearing(roads[owner])].append(index)
        shapes[_bearing(roads[owner])].append(LineString(points))
    for host in hosts:
        tip = host.ramp.points[host.end]
        gaps = np.round(shapely.distance(np.array(shapes[host.name], dtype=object), Point(tip)), 2)
        if not len(gaps) or gaps.min() > 150:
            raise ValueError(f"no road {host.name!r} near the end of a ramp at {tip}")
        chosen = int(np.argmin(gaps))
        index, line = bearers[host.name][chosen], shapes[host.name][chosen]
        owner, points = runs[index]
        along = line.project(Point(tip))
        place = snap(np.array(line.interpolate(along).coords))[0]
        _bend_to(host, place)
        near = [shapes[host.name][i] for i in np.nonzero(gaps < 120)[0].tolist()]
        _clear_of(host, shapely.MultiLineString(near))
        reach = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        if min(along, reach[-1] - along) < 0.5:
            _bend_to(host, points[0] if along < 0.5 else points[-1])
            continue
        cut = int(np.searchsorted(reach, along))
        head, tail = np.vstack([points[:cut], place]), np.vstack([place, points[cut:]])
        runs[index] = (owner, snap(head))
        shapes[host.name][chosen] = LineString(runs[index][1])
        bearers[host.name].append(len(runs))
        runs.append((owner, snap(tail)))
        shapes[host.name].append(LineString(runs[-1][1]))
    placed = [(owner, roads[owner].points if _is_ramp(roads[owner]) else points) for owner, points in runs]
    _lift(placed, roads)
    return placed


def _lift(runs: list[Run], roads: list[Road]) -> None:
    """Puts ramps that cross other roads on a layer of their own."""
    lines = [LineString(points) for _, points in runs]
    tree = STRtree(lines)
    for index, (owner, points) in enumerate(runs):
        if not _is_ramp(roads[owner]):
            continue
        tips = shapely.MultiPoint(points[[0, -1]]).buffer(0.3)
        layers = {
            roads[runs[i][0]].tags.get("layer", "0")
            for i in tree.query(lines[index], predicate="crosses").tolist()
            if not lines[i].intersection(lines[index]).difference(tips).is_empty
        }
        if layers:
            layer = next(layer for layer in ("3", "4", "5", "1") if layer not in layers)
            roads[owner].tags.update(bridge="yes", layer=layer)


def _clear_of(host: Host, line: BaseGeometry) -> None:
    """Takes out points of a ramp close to the line that bears its end, so that it comes up to it and does not cross
    it."""
    points = host.ramp.points if host.end == -1 else host.ramp.points[::-1]
    inner = len(points) - 2
    while inner > 1 and np.hypot(*(points[inner] - points[-1])) < 130:
        last = LineString(points[inner - 1 : inner + 1])
        if line.distance(Point(points[inner])) > 3.0 and line.distance(last) > 0.5:
            break
        inner -= 1
    kept = np.vstack([points[: inner + 1], points[-1]])
    host.ramp.points = kept if host.end == -1 else kept[::-1]


def _bend_to(host: Host, place: Points) -> None:
    """Moves a ramp's end to a place; the rest of it follows, the less the farther it is."""
    points = host.ramp.points
    reach = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    follow = 1 - reach / reach[-1] if host.end == 0 else reach / reach[-1]
    moved = points + np.outer(follow**2, place - points[host.end])
    points[:] = np.round(moved, 1)
    points[host.end] = place


def _is_ramp(road: Road) -> bool:
    return road.kind.endswith("_link")


def _bearing(road: Road) -> str:
    """Under which name of a `Host` a road is sought; "" stands for the second ring's street."""
    if _is_ramp(road):
        return RAMP
    return "" if road.level == 0 and road.oneway and road.name.startswith("二环") else road.name

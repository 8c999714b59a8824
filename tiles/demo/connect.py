"""Every street can be driven to and left: what hangs in the air goes, and a one-way street that cuts others off
opens."""

from collections import defaultdict
from collections.abc import Hashable, Sequence

from tiles.demo.graph import Graph, Spot
from tiles.demo.roads import RANK

OPENABLE = ("living_street", "residential", "tertiary")
"""Kinds whose one-way rule may be given up."""


def components[Place: Hashable](edges: Sequence[tuple[Place, Place]]) -> list[list[Place]]:
    """Strongly connected sets of places of directed edges, the largest first (Tarjan, without recursion)."""
    following: dict[Place, list[Place]] = defaultdict(list)
    for start, end in edges:
        following[start].append(end)
        following.setdefault(end, [])
    order: dict[Place, int] = {}
    low: dict[Place, int] = {}
    stack: list[Place] = []
    waiting: set[Place] = set()
    found: list[list[Place]] = []
    for root in following:
        if root in order:
            continue
        work = [(root, iter(following[root]))]
        order[root] = low[root] = len(order)
        stack.append(root)
        waiting.add(root)
        while work:
            place, rest = work[-1]
            for other in rest:
                if other not in order:
                    order[other] = low[other] = len(order)
                    stack.append(other)
                    waiting.add(other)
                    work.append((other, iter(following[other])))
                    break
                if other in waiting:
                    low[place] = min(low[place], order[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[place])
                if low[place] == order[place]:
                    part = []
                    while True:
                        top = stack.pop()
                        waiting.discard(top)
                        part.append(top)
                        if top == place:
                            break
                    found.append(part)
    return sorted(found, key=len, reverse=True)


def connect(graph: Graph) -> None:
    """Removes pieces that no road joins to the city's net, and opens one-way streets as needed; changes the graph."""
    both = [(piece.spots[0], piece.spots[-1]) for piece in graph.pieces]
    main = set(components(both + [(end, start) for start, end in both])[0])
    graph.pieces = [p for p in graph.pieces if p.spots[0] in main or RANK[graph.roads[p.road].kind] == 0]
    while True:
        kept = set(components(_edges(graph))[0])
        shut = {
            piece.road
            for piece in graph.pieces
            if graph.roads[piece.road].oneway
            and graph.roads[piece.road].kind in OPENABLE
            and "junction" not in piece.tags
            and not (piece.spots[0] in kept and piece.spots[-1] in kept)
        }
        if not shut:
            return
        for road in shut:
            graph.roads[road].oneway = False


def _edges(graph: Graph) -> list[tuple[Spot, Spot]]:
    edges = []
    for piece in graph.pieces:
        road = graph.roads[piece.road]
        if RANK[road.kind] == 0 or road.kind == "pedestrian":
            continue
        edges.append((piece.spots[0], piece.spots[-1]))
        if not road.oneway:
            edges.append((piece.spots[-1], piece.spots[0]))
    return edges

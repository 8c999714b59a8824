"""`python -m tiles EXTRACT.osm.pbf`: build the ground of the map."""

import argparse
import sys
from pathlib import Path

from tiles.build import OPENSTREETMAP, Order, build
from tiles.failure import CannotBuild

OUT = Path("var/map")


def main() -> int:
    """Read the arguments, build, say what came of it. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tiles", description="Vector tiles, names and streets for the map.")
    parser.add_argument("extract", type=Path, metavar="EXTRACT.osm.pbf", help="an extract of OpenStreetMap")
    parser.add_argument("--out", type=Path, default=OUT, help=f"folder to build ({OUT})")
    parser.add_argument("--name", help="the city's name (else: of its place node, or the file's)")
    parser.add_argument("--name-en", help="the city's English name")
    parser.add_argument("--areas", type=Path, help="districts, squads, grids (else areas.geojson beside the extract)")
    parser.add_argument("--attribution", default=OPENSTREETMAP, help=f"whose data it is ({OPENSTREETMAP})")
    parser.add_argument("--force", action="store_true", help="build also if nothing changed")
    given = parser.parse_args()
    beside = given.extract.with_name("areas.geojson")
    areas = given.areas or (beside if beside.is_file() else None)
    order = Order(given.extract, given.out, given.name, given.name_en, areas, given.attribution)
    try:
        build(order, lambda words: print(f"    {words}", flush=True), given.force)
    except CannotBuild as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

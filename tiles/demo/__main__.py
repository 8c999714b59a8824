"""`python -m tiles.demo FOLDER` writes the demo city's OSM extract and areas into a folder."""

import argparse
import gc
from pathlib import Path

from tiles.demo.city import generate


def main() -> None:
    """Reads the folder from the command line and writes the city there."""
    parser = argparse.ArgumentParser(prog="python -m tiles.demo", description=__doc__)
    parser.add_argument("folder", type=Path, help="where city.osm.pbf and areas.geojson are written")
    folder: Path = parser.parse_args().folder
    gc.disable()  # nothing is thrown away before the end: looking for it costs a second
    generate(folder)
    for name in ("city.osm.pbf", "areas.geojson"):
        print(f"{folder / name}: {(folder / name).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

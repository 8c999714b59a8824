"""From one OSM extract to all that the map stands on: vector tiles, names, the street graph. `make tiles` runs it.

It knows nothing of `backend/` and is not known there: what passes between them are files, described in `build.py`.
"""

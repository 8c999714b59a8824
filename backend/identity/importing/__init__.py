"""`liandong import organisation`: files → rows with their lines (`files.py`, `geojson.py`), what each kind of row must
say (`kinds.py`), and into the store all at once or not at all (`store.py`).
"""

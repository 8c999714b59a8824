"""The store: PostgreSQL with PostGIS.

Path of a change: `engine.Database.transaction()` opens a session → a subject changes rows and calls
`events.append` → the block ends: the events get their numbers in the last statement, the transaction commits,
and only then the events are announced. Nobody else commits (`tests/rules/`).

`cluster.py` runs the private server of the one-machine installation, `migrate.py` brings a schema up to date.
"""

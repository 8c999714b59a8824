"""Vehicle location: from a device's bytes to the map and into the store.

Path of a position: `listeners.py` and `connections.py` (bytes off a socket, by `turns.py`, within `limits.py`) or
`receivers.py` (a child per GPS receiver) → `protocols/<name>.py` (bytes → messages, no I/O) → `sessions.py` (which
device is this?) → `pipeline.py` (a list of steps) → `ingest.py` (announced at once if it is the unit's newest,
collected into a batch) → `batches.py` (the batch goes to the durable stream; then the device is answered). MQTT
clients call the bus: `mqtt/` lets them in there, and takes what the bus has kept of them.

From the bus: `backend/live` → browsers, and `recorder.py` → PostGIS. `latest.py` keeps the newest per unit and
answers boards that start, `presence.py` tells who came and went, `equation.py` adds up that nothing was lost;
`ingest_process.py` wires the process `ingest`.

Geofences: `geofences.py` (rows), `fence_following.py` → `fences.py` → the step `fencing.py` (facts),
`fact_recording.py` (rows and events, in `worker`), `visits.py` (out of stored tracks).

From the store: `history_routes.py` (tracks, stops, who was near), and `replay_socket.py` → `replay.py` (a clock and a
board of its own) ← `replay_rows.py` (fixes in order of time).
"""

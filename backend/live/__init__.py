"""The live socket: where units are and what happened, to every browser that may know it.

Path of a position: `board.py` (the newest record of every unit, by cell) → each tick `changes.py` (what changed,
joined once per cell and squad) → `hub.py` (for each viewer the chunks that it may see) → `client.py` (one queue, one
sender) → the browser. Path of an event: `feed.py` (number order, gaps filled from the table) → `hub.py` → `client.py`.
`socket.py` is the conversation with one browser; `docs/live-protocol.md` is the contract.
"""

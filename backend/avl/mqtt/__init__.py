"""OwnTracks over MQTT: on the bus's own port, and from a broker of the operator.

The bus speaks MQTT itself: clients are in its account DEVICES (`backend/bus/devices.py`). `door.py` opens it,
`admission.py` tells the bus who may come in and ends the connections of those who may no more, `publications.py`
takes what they publish and lets the bus forget it when it is stored. `broker.py` is a client of a broker of the
operator, which has let its devices in itself. `doors.py` is what ingest runs of the two.
"""

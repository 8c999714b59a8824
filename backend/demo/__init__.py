"""The demo: units that move when no real ones do. Everything goes in through the program's own doors.

`units.py` drives simulated units through the OsmAnd port, `receiver.py` runs a real gpsd on a made NMEA log,
`organisation.py` is the small bureau that they belong to.
"""

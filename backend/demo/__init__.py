"""The demo: units that move when no real ones do. Everything goes in through the program's own doors.

`fleet.py` and `bodies.py` are the tables of who there is; `city.py` the built map that they drive in, `streets.py` its
street graph, `route.py` the way from here to there, `driver.py` a unit's patrol in time, `gps.py` what its receiver
makes of it. `organisation.py` registers them, `units.py` lets them report, `talk/` has a file for each protocol that
they speak to the real ports, and `receiver.py` runs a real gpsd on a made NMEA log.
"""

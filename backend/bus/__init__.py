"""The bus: NATS with JetStream.

`subjects.py` spells a place as tokens, `record.py` is the 32-byte position, `connection.py` speaks to the server,
`streams.py` names what is stored there, `beats.py` tells who is alive, `server.py` runs the private server of the
one-machine installation. `devices.py` is the account in which MQTT clients are, `callout.py` how they are let in.
"""

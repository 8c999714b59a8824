"""JT/T 808 (2011, 2013, 2019): the protocol of China's vehicle terminals, over TCP.

`frame.py` bytes ↔ frames (escape, checksum, header, fragments), `location.py` and `items.py` what a position says,
`messages.py` what else a terminal says and what the platform answers, `decoder.py` one connection.
"""

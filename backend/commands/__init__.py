"""What the command line runs: `organisation.py` writes bodies, units, devices and keys; `demo.py` moves demo units;
`decode.py` shows what a protocol makes of bytes, `protocols.py` what each understands. The table of commands is in
`backend/__main__.py`.
"""

"""Where the README's figures come from. Each `make bench-<part>` prints a table and merges it into `results.json`.

The whole program runs as `liandong up` starts it; the peers of a comparison run in the same run on the same machine.
"""

"""Who there is: bodies of the organisation, units, devices, who may see what.

`tables.py` is what is stored, `rights.py` the one rule of who may see, `registry.py` the copy that every process
keeps in memory, `devices.py` and `keys.py` the only writers, `atoms.py` the list of permissions.
"""

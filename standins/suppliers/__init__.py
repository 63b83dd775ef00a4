"""What the stand-ins for suppliers and carriers share: tables of fields, time, paces, faults, callbacks.

None of it is a supplier's; each of those is a package beside this one, made from its vendor's documents.
"""

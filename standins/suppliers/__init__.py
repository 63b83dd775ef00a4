"""What the stand-ins for reward suppliers have in common: tables of fields, time, paces, faults, callbacks.

None of it is a supplier's; each of those is a package beside this one, made from its vendor's documents.
"""

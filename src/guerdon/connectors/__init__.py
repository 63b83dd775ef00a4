"""Vendors: a folder each, holding how its requests are verified and what its words mean in a program's.

Pure but for clients: a mapper gets bytes and gives events, arrivals or reasons. Vendors hold no state
and do not know each other.
"""

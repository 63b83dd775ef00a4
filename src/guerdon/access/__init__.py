"""Who may what: roles, grants, and the one table that says what a role may do in an area.

Pure: pages, streams, API, exports and approvals ask it, and it decides by what it is handed. What one would
not guess: a grant wider than its role may ever be (a dealer manager of the whole program) gives nothing.
"""

"""What waits for people, as rows: requests with revisions and signatures, who may sign, money set aside.

The order of locks is requests, people, members, pools, each by id or name; a request is locked by whoever
changes anything about it, so of two checkers at the same moment the second sees what the first did.
"""

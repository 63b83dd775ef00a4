"""Approvals: what waits for people, who may sign it, and what happens when enough of them did.

A person's wish is a request; its signatures are over one revision of it and one hash. Nobody posts anything
here but the worker (`granting`), and it asks again who may, while nobody can change the answer.
"""

"""Motion: intake, process, apply, redeem, enroll, publish.

Each opens one transaction and closes it at its edge.

Nothing is sent from here inside a transaction. May import insight, queries, store and below; mappers
and senders are handed in by whoever starts the engine.
"""

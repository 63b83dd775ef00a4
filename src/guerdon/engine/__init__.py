"""Motion: intake, process, apply, redeem, enroll, publish.

Each opens one transaction at its edge and closes it there; nothing is sent from here inside one. May
import insight, queries, store and below; mappers and senders are handed in by whoever starts the engine.
"""

"""Channels: the ways a message leaves the house; a channel is a folder, found by its key.

A folder holds how a rendered message becomes the provider's form (pure) and, apart from it, the wire. It
keeps no state of the trade, does not know other channels, and answers with the outcomes of
`guerdon.engine.messages.letters`.
"""

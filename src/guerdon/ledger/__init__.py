"""What is decided, as data: the closed list of effects, and the accounts that value moves between.

Pure. May import program and below. An effect is a frozen value with a version; stored decisions are
lists of them.
"""

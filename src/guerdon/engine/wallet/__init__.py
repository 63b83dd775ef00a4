"""What is done with a member's value by command: spent, set aside, taken, freed, given back.

Each is one business event of ours, decided and written under the member's lock in the caller's transaction:
of the whole program, by the web's role or the worker's. A command that is given again does nothing and
answers as it did the first time; one that is refused leaves nothing behind.
"""

"""A push service and the browsers behind it, made from RFC 8030, 8188, 8291 and 8292 alone.

It imports nothing of the software that pushes, so what it opens and verifies is a second opinion. The
browsers make their keys here and read what was pushed with them; the service itself could not. `fields.md`
is the table of every header that it takes; what is not in the table is refused.
"""

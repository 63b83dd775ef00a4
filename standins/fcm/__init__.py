"""A stateful Firebase Cloud Messaging for tests, with Google's token endpoint, made from its documents alone.

It imports nothing of the software that speaks to it, so what it accepts and sends is a second opinion.
`fields.md` is the table of every field with its trust mark; what is not in the table is refused.
"""

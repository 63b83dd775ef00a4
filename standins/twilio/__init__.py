"""A stateful Twilio for tests, made from its documents alone: text messages, status callbacks, opt-outs.

It imports nothing of the software that speaks to it, so what it accepts and sends is a second opinion.
`fields.md` is the table of every field with its trust mark; what is not in the table is refused.
"""

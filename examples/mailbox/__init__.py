"""The demo's mail server: takes mails over real SMTP and shows them as an inbox, for nobody but this machine.

It stands for the mail servers of the world, so it imports nothing of the software that writes to it. It can
be told to misbehave as they do: to ask for a later attempt, and to refuse recipients.
"""

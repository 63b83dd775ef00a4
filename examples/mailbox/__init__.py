"""The demo's mail server and its page of all messages, for nobody but this machine.

It takes mails over real SMTP, asks the stand-ins of who carries text messages and push what came to whom, and
listens to the app's stream as an app does. It stands for the world outside, so it imports nothing of the
software that writes to it. It can be told to misbehave as mail servers do: to ask for a later attempt, and
to refuse recipients.
"""

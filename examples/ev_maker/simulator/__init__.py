"""The customers of an EV maker whose CRM is HubSpot, as a program of its own.

It speaks to the rewards software only as the outside world does: signed webhooks, mail and web pages. It
imports nothing of the software it exercises, so what it says an event must earn is a second opinion.
"""

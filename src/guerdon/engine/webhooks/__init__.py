"""Webhooks by Standard Webhooks 1.0.0: signed, sent again on a schedule, given up in the end."""

"""The API for programs: `/api/v1`, JSON, keys with scopes, keys of idempotency, problem details.

The only place that knows django-ninja, which reads Django's settings when it is imported: nothing here is
imported before Django is ready. Who may what stands in `web/routes.py`, as for every other address.
"""

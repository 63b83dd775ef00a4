"""Single sign-on by OpenID Connect: what a provider says of itself, and what its tokens say of a person.

Nothing here keeps anything: the web keeps what was read for a while (`web/sign_on.py`).
"""

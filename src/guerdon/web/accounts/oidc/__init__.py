"""Single sign-on as pages: away to the provider, back from it, and out again.

What comes back counts once, in the browser that was sent, within ten minutes. Whom it brings is decided by
`linking.py`; what they may do stands in our grants, and no claim says otherwise.
"""

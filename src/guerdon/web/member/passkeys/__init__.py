"""Members sign in by passkey: `entrance.py` lets them in, `own.py` is where they add and remove theirs.

What a browser says is read by `web/accounts/passkeys/ceremonies.py`, as it is for staff.
"""

"""Passkeys (WebAuthn): a device checks its owner and signs our challenge; that is both factors at once.

`challenges.py` asks once, `ceremonies.py` reads what comes back, `entrance.py` signs people in,
`own.py` is where they add and remove theirs; `owners.py` is how devices name them. What members sign in by
is read by the same `ceremonies.py` (web/member/passkeys).
"""

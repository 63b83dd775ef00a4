"""The console: what staff see of one program. Pages read through `queries` and are rendered by `text`.

A view is a few lines: it asks, and hands the answer to a template. State lives in the address, so every
view can be bookmarked and shared among staff.
"""

"""Everything people read: message catalogs in six languages, number and date formats, rendered pages.

A file belongs here when it turns values into text and does nothing else. It imports `values` alone; what a
page shows is handed in by whoever asks for it.
"""

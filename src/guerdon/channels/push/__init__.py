"""Push: notifications that a browser (`web.py`) or an app (`fcm/`) shows while nobody looks at our pages."""

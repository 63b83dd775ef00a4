"""Seals over the audit, and runs of the controls, as they are stored."""

"""Quarantine: what people do with what was set apart."""

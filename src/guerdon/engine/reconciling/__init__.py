"""Reconciling: our orders against what suppliers say they delivered, and what they owe us back."""

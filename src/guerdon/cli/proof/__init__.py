"""Commands about what can be proven, and what is left after a fire: the audit, backups, restoring."""

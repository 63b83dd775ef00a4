"""Sessions of members as rows."""

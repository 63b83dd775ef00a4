"""Files of members and rates: what was imported, and what a file would do before it is."""

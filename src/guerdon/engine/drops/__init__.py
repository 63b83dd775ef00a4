"""File drops: rows that came in files go the one way in, in sets; what is wrong with a row is told."""

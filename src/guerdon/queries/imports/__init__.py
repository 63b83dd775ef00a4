"""Files that were imported, and members as they stand before a file is."""

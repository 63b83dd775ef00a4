"""File drops: which files were taken."""

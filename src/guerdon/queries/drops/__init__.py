"""File drops, before they are taken."""

"""The catalog in the console: its items, the feeds that they come with, and what a sync would change."""

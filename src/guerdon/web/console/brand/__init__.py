"""The brand's page in the console: what was written, what was mended and why, and how it looks."""

"""CloudEvents 1.0, structured, single and batch: Guerdon's own door for any system."""

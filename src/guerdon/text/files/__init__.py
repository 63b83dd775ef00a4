"""What is said of files that are imported."""

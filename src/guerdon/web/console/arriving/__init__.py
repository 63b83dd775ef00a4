"""What arrives in a list after its page was made: counted for a bar, so that no row moves."""

"""Keys for the API: which there are, another, shown once, and the end of one."""

"""Lists of the console as files: which there are, and how one is handed out."""

"""Files that people hand in: read line by line, every wrong row named, before anything is taken."""

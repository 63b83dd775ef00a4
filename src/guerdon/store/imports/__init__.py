"""Files that were brought to be imported, and the rows of them that are refused."""

"""Finding from every page, and the views of lists that a reader keeps."""

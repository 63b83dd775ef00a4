"""Reading the catalog in: feeds, what is wrong with their rows, what they change, and putting it in place."""

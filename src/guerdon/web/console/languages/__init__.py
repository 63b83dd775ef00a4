"""Languages: what is written in each of those that members read, and what falls back to English."""

"""All that happened to one member, from every table that has something of it, newest first, page by page."""

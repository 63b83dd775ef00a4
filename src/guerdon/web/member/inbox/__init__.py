"""A member's notices in the app: the page, the cookie that opens it, and how each is written."""

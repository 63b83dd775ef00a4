"""Members who sign in to their app: by a mailed code, and where they are signed in."""

"""What a member's app and its browser keep: sessions, and the code that turns."""

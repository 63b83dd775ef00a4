"""What a member chooses to be written: their page of it, the way out in one click, and links that confirm."""

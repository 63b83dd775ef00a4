"""What staff do with messages: see, preview, test, send again."""

"""What an explanation needs of decided events, read as of then."""

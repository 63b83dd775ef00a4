"""What staff do to a member's rewards, a page each."""

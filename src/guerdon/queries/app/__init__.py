"""What the member app shows of how a member stands."""

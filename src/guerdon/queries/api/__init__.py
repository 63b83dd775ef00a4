"""What the API shows and no page does. Row security shows each key its part."""

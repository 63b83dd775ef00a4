"""What goes in and out, as types: unknown fields are refused on the way in and never sent on the way out."""

"""What there is to choose: found as one types, filtered, counted and ordered; and what members marked."""

"""Those who work here, as far as a loop does something for them."""

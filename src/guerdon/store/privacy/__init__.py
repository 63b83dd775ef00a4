"""What is not kept: attributes of whoever was forgotten, and bodies whose time is over."""

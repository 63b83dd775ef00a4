"""What stands around every page of the console: the menu, and which filters a kept view may have."""

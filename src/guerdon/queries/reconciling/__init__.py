"""What differs between us and suppliers, added up and listed; and credits that are to come."""

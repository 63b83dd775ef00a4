"""What is to be told to other systems: left in the commit of its cause, taken in the one that hands it on."""

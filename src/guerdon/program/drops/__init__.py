"""File drops: what a program says of the files that other systems leave."""

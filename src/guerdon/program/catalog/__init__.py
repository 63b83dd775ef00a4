"""What a program says of choosing and receiving: its catalog, its suppliers, its promises of delivery."""

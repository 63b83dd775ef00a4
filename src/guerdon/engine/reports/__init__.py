"""Reports: which there are, what each tells to whom, and how they are mailed when they are due."""

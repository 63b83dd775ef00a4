"""People, what each may do, and the keys of programs that ask by themselves."""

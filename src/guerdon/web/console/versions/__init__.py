"""Pages of the program itself: its versions, and the drafts that become one."""

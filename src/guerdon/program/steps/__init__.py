"""What a rule does, a file a noun: giving a reward, and looking back at one that another rule gave."""

"""What a program says about messages: topics, whom it may reach and when, and the messages themselves."""

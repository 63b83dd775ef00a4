"""Rules in the console: each as one sentence, and a draft's rules and tables to be edited three ways."""

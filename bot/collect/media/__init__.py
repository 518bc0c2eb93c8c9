"""Photos and files of messages: which are wanted, fetching them, and keeping one copy of each."""

"""What is read: the offsets of a window, its records, and what the broker says of the topics around it."""

"""What was read of an input, and what was not."""

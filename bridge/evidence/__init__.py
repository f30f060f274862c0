"""What became of each value, and how a document can be made again or compared."""

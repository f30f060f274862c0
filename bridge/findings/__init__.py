"""What is found on the way: the catalogue of issues, and the errors that end a conversion."""

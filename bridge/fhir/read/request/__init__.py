"""What is asked for: acts, sites, functions, reasons."""

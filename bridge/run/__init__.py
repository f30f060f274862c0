"""What runs conversions: files, worker processes, the service, bulk."""

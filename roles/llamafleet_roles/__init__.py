"""What is done on a host, one role a folder; content of the checkout, not of the package."""

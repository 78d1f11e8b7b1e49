"""What people run today, as a fleet file: readers of other formats, one a file."""

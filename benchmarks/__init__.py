"""What is measured for the book: `python -m benchmarks` lists it."""

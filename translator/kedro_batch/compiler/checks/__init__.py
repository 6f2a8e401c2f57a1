"""What is checked of a compilation."""

"""What differs between two plans: matched jobs, changes, risks, and how they are shown."""

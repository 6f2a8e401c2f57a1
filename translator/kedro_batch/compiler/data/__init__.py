"""Where the datasets of a project are stored, and which jobs use them."""

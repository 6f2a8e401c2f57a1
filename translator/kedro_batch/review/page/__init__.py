"""The HTML page of a plan or a diff: its data, the layout of its graph, the file itself."""

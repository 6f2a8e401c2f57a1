"""The HTML page of a plan or a diff: its header, its data, the groups of its graph, the file itself."""

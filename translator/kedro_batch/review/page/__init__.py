"""The HTML page of a plan or a diff: data, layout of the graph, the file itself."""

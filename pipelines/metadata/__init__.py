"""ML Metadata: where it is, what runs, nodes and artifacts it knows."""

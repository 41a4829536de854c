"""Tasks as Kubeflow pipelines: compiled, checked, submitted, scheduled, watched."""

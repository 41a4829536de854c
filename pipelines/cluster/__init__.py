"""What runs in a cluster's containers: a run begins, its nodes run one a container, it ends."""

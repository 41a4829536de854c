"""What a task and an environment may declare, their YAML files, and the errors every layer raises."""

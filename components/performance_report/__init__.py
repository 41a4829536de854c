"""PerformanceReport: how the exported model and its baselines do on every split and slice, with intervals."""

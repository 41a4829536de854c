"""What every ExampleGen of Galen shares: files, spans, columns, splits by patient, quarantine, shards."""

"""What may be asked of a configuration."""

"""Where aggregated metrics go."""

"""Numbers: so far the sketch that latencies are kept in."""

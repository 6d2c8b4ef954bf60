"""What the outside sees: it reads, and never writes."""

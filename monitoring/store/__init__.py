"""The database: rows, and nothing that knows what they are for."""

"""A small shop, to show what two lines of Daymark bring to an application."""

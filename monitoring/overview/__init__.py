"""The one picture of everything that page, health, badges, feeds, JSON and CLI are drawn from."""

"""Posts and queries to hits: one language, every word form, places."""

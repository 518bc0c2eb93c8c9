"""The archive outward: search and exports."""

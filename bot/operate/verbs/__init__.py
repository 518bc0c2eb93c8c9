"""The verbs of the command line that come in groups: one module a noun, put together by main.py."""

"""RPC methods by theme; `table` is the literal dictionary from request class to handler."""

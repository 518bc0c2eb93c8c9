"""The rows: records, schema, and all SQL, one file per noun."""

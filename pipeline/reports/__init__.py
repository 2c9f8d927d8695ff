"""What people read of scored calls: one JSON and one page a call, the table, the index."""

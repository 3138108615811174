"""Great Expectations' verdict on what was published, its history, and the report."""

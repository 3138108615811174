"""Great Expectations judges a window by the rules of its contract."""

"""Great Expectations' verdict on what was published, its history, and the report."""

import os

# Great Expectations reads it when it is imported, and would send statistics to its makers.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

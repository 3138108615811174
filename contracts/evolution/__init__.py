"""How contracts change: what breaks, what differs, and how a change is rolled out."""

"""What the records of a window are like beside the verdict: counts and spreads, no record among them."""

"""The checks that a rule can name, and how each is written in every language that judges."""

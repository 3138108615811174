"""The page: its words, its charts, and its templates."""

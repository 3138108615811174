"""The watch: judges what is new at an interval, follows incidents, and sends alerts."""

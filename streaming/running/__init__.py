"""What keeps the stream running: it opens, learns of new versions, waits for what is away, and ends."""

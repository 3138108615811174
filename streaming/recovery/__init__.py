"""Going on after a crash: the checkpoint, what the topics tell of it, and what follows."""

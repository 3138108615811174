"""What every program of the platform shares: files, logs, lengths of time, the command line."""

"""The contracts' folder: what is declared, read into plain values, and locked."""

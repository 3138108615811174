"""Builds images and shows the compose stack; also where no image registry is reachable."""

"""Images and the compose stack: built, found, told of; also where no image registry is reachable."""

"""How a station's weather changes: a stateful query of its own, from the final topic to the trends topic."""

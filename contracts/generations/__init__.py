"""A contract and its next generation: how records of one become records of the other, and who may go over."""

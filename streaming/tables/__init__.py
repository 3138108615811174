"""Keeps the Iceberg tables of a product's topics: from topic to table, batch by batch, each record once.

A batch is the records between two offsets of a partition. Its snapshot notes where it ended, in the very
step by which its rows appear: so the table itself says where to go on, and there is no checkpoint beside it
that could be ahead, behind, or lost.
"""

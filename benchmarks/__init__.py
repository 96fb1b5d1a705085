"""Figures of the product, measured by commands: each module's first lines say how to run it."""

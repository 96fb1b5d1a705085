"""How well the product understands, finds, answers and refuses, on question sets.

The public sets lie outside the project and are read where they are. What is measured is the
product: pages are indexed by ``askpartner.index``, questions asked by ``askpartner.assistant``.
"""

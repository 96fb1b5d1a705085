"""The chat in a browser: ``html`` writes markup, ``chat`` asks and remembers, ``server`` serves.

Importing this package loads neither gradio nor fastapi; ``server`` does.
"""

"""The chat in a browser: ``answer`` and ``html`` write markup, ``chat`` asks and remembers.

``server`` checks what it is given, then has ``application`` served. Importing this package or
``server`` loads neither gradio nor fastapi; ``application`` does.
"""

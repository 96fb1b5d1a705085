"""The chat in a browser: ``said`` and its neighbours write markup, ``chat`` asks and remembers.

``server`` checks what it is given, then has ``application`` served. Importing this package or
``server`` loads neither gradio nor fastapi; ``application`` does.
"""

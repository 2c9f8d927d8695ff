"""How the reading network (``models/reader.py``) is fitted to labelled calls and talk; nothing here runs in scoring."""

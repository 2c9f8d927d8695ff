"""``python -m pipeline`` is the command ``callgauge``."""

from pipeline.cli import main

main()

"""A night's work without any scheduler: what came in, what is to be done, one call's work, and the closing.

`flows.nightly` puts tasks, retries and states around these functions.
"""

"""What is heard in a call: one small module a behaviour, each from a conversation to findings or measures."""

"""Personal data: found and masked in text."""

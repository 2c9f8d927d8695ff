"""One module a command; heavy imports inside the functions, so that the help is quick."""

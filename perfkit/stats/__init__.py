"""Numbers in, numbers out. Nothing of ours but errors, no input and no output."""

"""Numbers in, numbers out: nothing of ours, no input and no output. Importing the package loads no numpy."""

"""A small persona-research service with five honest faults, each with its fix behind one switch: something true to find."""

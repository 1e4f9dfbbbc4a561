"""Scripts that run in a child process; nothing imports them, and no name here may hide a module of the standard library."""

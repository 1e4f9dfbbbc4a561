"""Scripts that take untrusted bytes apart. They run in a process of their own and import nothing of perfkit."""

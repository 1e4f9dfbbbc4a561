"""One question a module: x.sql asks, its twin x.py names the rows. Nothing here draws, prints or rounds."""

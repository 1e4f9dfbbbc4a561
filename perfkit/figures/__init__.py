"""Rows → matplotlib figures. Nothing here queries, and nothing shows."""

"""Rows → figures. Nothing here queries, and nothing shows."""

"""A small compliance validator: gates in modules read a document, name its violations, and write what they found to an audit log."""

"""What several readers of one family of formats share; no reader imports another."""

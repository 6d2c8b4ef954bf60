"""Asking, judging and writing: the one part that changes what is stored."""

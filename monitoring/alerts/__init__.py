"""Telling people: who is told what and when, in which words, and by which channel."""

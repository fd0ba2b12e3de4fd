"""The cases of prove.py, a module for each kind of claim."""

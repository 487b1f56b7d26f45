"""Command line of Surefoot."""

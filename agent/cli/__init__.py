"""The command line: the one place that composes all packages."""

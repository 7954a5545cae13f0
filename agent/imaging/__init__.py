"""Images of environments: what goes into one, for any repository and for the rows of a data set."""

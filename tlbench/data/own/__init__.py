"""Data of the user's own: a file or an object that nobody described -> a data set with a name."""

"""Models of other libraries as baselines: registered where the library is installed, run only when they are named."""

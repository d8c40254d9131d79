"""Methods that see the sources too."""

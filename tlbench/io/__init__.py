"""The ground floor: one atomic writer, one lock, one SHA-256, memory and threads."""

"""Findings and evidence -> one HTML file that opens without network."""

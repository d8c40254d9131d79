"""Findings -> what goes into a paper: tables, references, a methods paragraph, generated from what was really done."""

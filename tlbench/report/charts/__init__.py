"""Findings and evidence -> Altair charts, which the HTML report shows and `--charts` writes as pictures."""

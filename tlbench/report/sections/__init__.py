"""The sections of a report, one file each; see `tlbench.report.document`."""

"""`python -m tlbench` is `tlbench`."""

from tlbench.cli.app import main

main()

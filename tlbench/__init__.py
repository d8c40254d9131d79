"""tlbench: does knowledge from a source domain make recommendations in a target domain better?"""

__version__ = "0.1.0"

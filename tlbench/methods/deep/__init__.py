"""Deep models, target-only and transfer, on PyTorch (extra ``tlbench[torch]``).

Every method is one file that registers without importing torch. A module whose name starts with an underscore imports
torch at its top and is itself imported only inside a fit.
"""

"""The recipe that made lung_nodule: folds, augmentation, network, train, evaluate, calibrate, export.

Not for the product: nothing under `api/` imports it. Only `network`, `train`, `evaluate` and `export` need torch.
"""

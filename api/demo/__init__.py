"""The demo: accounts to try Hilum with, and the main job on a phantom, done as any client would do it."""

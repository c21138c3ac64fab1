"""Models that read a stack: what they are, how they are asked, and how arrays become findings."""

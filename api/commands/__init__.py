"""The commands of `hilum`, by noun. Each module adds its own to the parser, and imports what it needs when it runs."""

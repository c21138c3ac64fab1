"""What an operation costs and who pays for it, told in `extensions.cost` of its answer."""

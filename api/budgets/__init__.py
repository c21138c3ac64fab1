"""How much one person, application or network address may use in a time: leaky buckets that all processes share."""

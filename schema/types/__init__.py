"""The contract's types, one module a noun. Values are filled when made; what costs a query is a resolver."""

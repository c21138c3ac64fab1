"""HTTP routes beside GraphQL: bytes up in parts, frames and other objects down."""

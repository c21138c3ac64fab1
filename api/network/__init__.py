"""How connections reach the server: TLS and its certificates, and what keeps slow or many clients from hogging it."""

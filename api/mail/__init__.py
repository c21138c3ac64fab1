"""Letters to people: through a mail server, or into the mailbox of whoever develops."""

"""Who people are: the directory of accounts and the tokens they carry. What they may do says `api.permissions`."""

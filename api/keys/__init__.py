"""The keys of sealed columns: made and wrapped by `DataKeys`, read by every process, turned by `hilum keys rotate`."""

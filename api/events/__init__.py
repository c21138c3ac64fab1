"""News: rows written in the transaction of what they tell, numbered in commit order, replayed from a cursor."""

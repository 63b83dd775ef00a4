"""Files of rows as a way in: CSV, JSONL and Parquet, read row by row as the program declares them."""

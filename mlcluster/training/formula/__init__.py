"""The formula level: fitted to the literature table, judged on families left out."""

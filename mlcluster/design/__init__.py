"""Model clusters built by rule, their relaxation, and the calculations that label them."""

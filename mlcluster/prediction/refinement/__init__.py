"""`screen(refine=...)`: the few candidates worth a calculation, and what these tell of all the others.

A network orders all candidates; the best and the most uncertain are calculated; a fit on these orders the candidates
anew, and so on until what was granted is spent.
"""

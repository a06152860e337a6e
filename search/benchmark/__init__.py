"""How quickly and how well search answers on a corpus of real papers, beside other engines on the same questions."""

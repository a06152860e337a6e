"""How well search finds, in figures: questions with known answers, asked as a reader would ask them."""

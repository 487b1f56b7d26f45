"""Colours that stay apart for colour-blind eyes (Okabe and Ito, "Color universal design")."""

ORANGE, SKY, GREEN, YELLOW = "#e69f00", "#56b4e9", "#009e73", "#f0e442"
BLUE, VERMILION, PURPLE, BLACK = "#0072b2", "#d55e00", "#cc79a7", "#20242c"
CONTACT_COLORS = (BLUE, VERMILION, GREEN, PURPLE, SKY, ORANGE)

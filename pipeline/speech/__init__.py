"""Speech: who said what, when, and how surely."""

"""Tools that try gradc itself: programs drawn at random, run in every way there is, and compared."""

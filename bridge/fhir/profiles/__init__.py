"""Whether resources meet the French profiles that they claim."""

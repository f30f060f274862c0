"""What an order must keep: the rules of the volet, and what one version of the model demands."""

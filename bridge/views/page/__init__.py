"""The page of ``imgda serve --ui``: a form, and the whole result of one input; stateless, and complete without a script."""

"""Paper and page: the sheet as PDF and as HTML. Needs the extra ``[paper]``."""

"""What a text says, in French and English: sides, modalities, wishes and denials."""

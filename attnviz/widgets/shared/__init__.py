"""What the explorers share."""

"""The window: paints what the views say, hands back what people ask for."""

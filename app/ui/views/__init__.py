"""One module for each screen, panel and sheet: each paints values and hands back intents."""

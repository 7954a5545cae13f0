"""What source files define and import, read from their text; nothing is executed."""

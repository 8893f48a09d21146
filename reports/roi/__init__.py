"""What a module brings for what it cost: the guide's formulas over months that people enter."""

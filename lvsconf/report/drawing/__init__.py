"""What the formats for people are drawn with: safe text, colours, excerpts of source files."""

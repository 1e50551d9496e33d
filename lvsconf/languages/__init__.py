"""Input languages: text to model, and model to text. One module or folder for each."""

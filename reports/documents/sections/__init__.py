"""The sections that reports share: each file makes one from the scene, and says what is worth a sentence."""

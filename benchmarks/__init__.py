"""Speed and memory, side by side with the plain TFX chain or the limit: `make bench`."""

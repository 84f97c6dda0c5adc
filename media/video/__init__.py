"""Pictures: cameras, sizes and layers, encoders and decoders."""

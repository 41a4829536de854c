"""Keras models, one per modality; built of Keras' own layers, so that a saved model loads without Galen."""

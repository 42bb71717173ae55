"""How the shipped classifiers are made. Everything here but this file imports TensorFlow."""

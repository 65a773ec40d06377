"""Runs a pipeline as Google's Yaml_Template does, but on emulators: nobody's credentials are looked for."""
import sys

# Loaded for machine learning, it takes most of the time of a start; Beam goes on without it.
sys.modules['vertexai'] = None
from apache_beam.internal.gcp import auth
from apache_beam.yaml import main

if __name__ == '__main__':
  auth._Credentials._credentials_init = True
  main.run()

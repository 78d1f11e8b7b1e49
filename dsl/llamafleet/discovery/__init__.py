"""From the files of a host's folder to the models in them; pure, so that it can be tried on any."""

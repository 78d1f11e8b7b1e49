"""What every target that runs model servers shares: argv, environment, digest, unit."""

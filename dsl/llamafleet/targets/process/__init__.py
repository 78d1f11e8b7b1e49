"""Parts shared by targets that run model servers: argv, environment, digest, unit."""

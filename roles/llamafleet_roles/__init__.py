"""What is done on a host: one role a folder; `site` is what inventories and deploys call."""

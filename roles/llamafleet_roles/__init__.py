"""The roles that pyinfra runs on hosts, one a folder; inventories and deploys call `site`."""

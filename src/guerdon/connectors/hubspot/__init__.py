"""HubSpot: contact property changes in, by signed webhooks."""

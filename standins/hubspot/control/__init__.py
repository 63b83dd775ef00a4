"""The control door under `/_control/`: what a person does in HubSpot's interface, and what goes wrong."""

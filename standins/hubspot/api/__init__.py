"""HubSpot's addresses: what each takes, and the operations behind them."""

"""Is everything connected and safe? Checks of the installation, each with its mend."""

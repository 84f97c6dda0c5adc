"""The meeting point: a small service of the team's own that lets invited people find each other."""

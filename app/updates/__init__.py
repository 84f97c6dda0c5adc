"""Updates without a server of ours: what is signed, where it comes from, how it is put in place."""

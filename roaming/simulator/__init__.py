"""Partner platforms that speak OCPI over real HTTP: for the demo, for tests and for partners' engineers.

Nothing here knows the portal's models, schemas or pricing: what two independent programs agree on is proof.
"""

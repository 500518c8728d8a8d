"""Partner platforms that speak OCPI 2.2.1 over real HTTP: for the demo, for tests and for partners' engineers.

Nothing here knows Django's models, the portal's schemas or its pricing: what two independent programs agree on is proof.
"""

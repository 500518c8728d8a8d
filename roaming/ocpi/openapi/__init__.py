"""OpenAPI 3.1 documents of our OCPI doors, one per version, from the structs that validate every body.

`operations` says what each address does, `schemas` describes the objects, `document` puts them together. A test holds
them against the addresses that there are.
"""

"""The ledger: the recorder moves the journal into SQL, the writer adds to the Merkle tree and signs, the reader finds.

``backup`` and ``restore`` are commands; ``migrations`` makes the schema.
"""

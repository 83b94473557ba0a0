"""What is needed to check the ledger without trusting its keeper: Merkle proofs, checkpoints, evidence, audit."""

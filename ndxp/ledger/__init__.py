"""What anybody needs to check the ledger without trusting who keeps it: Merkle proofs, signed checkpoints, evidence."""

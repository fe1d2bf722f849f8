"""The record's seal: places in a Merkle tree, signed checkpoints, and the proof of both (5.1).

The database itself writes the entries (see migrations/0002_ledger.py); nothing here is needed
for that, and nothing here runs while a customer waits. Once a minute the sealer gives new
entries a place in the tree and signs its size and root. Whoever holds one earlier checkpoint,
or one receipt, can show that an entry was changed, removed, moved or left out.
"""

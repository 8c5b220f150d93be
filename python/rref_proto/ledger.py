class Ledger: pass

"""Attack drills: attacks by strangers, members and agencies on the exchange, and the answers that they must get."""

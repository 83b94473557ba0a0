"""What the gateway costs: one unary call direct, through a bare pass-through, through the gateway, through Envoy."""

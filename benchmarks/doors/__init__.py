"""What a call over HTTP costs: through the doors, and through Envoy's transcoder of JSON to gRPC."""

"""What others call us by: webhooks, health, metrics."""

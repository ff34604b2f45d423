"""What ``otel-prompt demo`` runs: an application, and a language model to run it on."""

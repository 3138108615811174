"""The Kafka cluster: where it is, its topics, its log, and publishing to it."""

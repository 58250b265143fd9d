"""What Tests/Kafka/chaos is made of: nodes, processes, time, faults, and the three runs."""

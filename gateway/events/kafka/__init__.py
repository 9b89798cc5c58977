"""Events in Kafka. Needs the package `braid-gateway[kafka]`; nothing else imports this one unasked."""

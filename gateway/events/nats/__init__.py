"""Events in NATS JetStream. Needs the package `braid-gateway[nats]`; nothing else imports this one unasked."""

"""What an operator sees of the gateway: metrics, traces, and a log line when a source fails.

It is opened around the pipeline and around sources; no stage knows it. Nothing here ever holds a variable, a header, a
document, an answer, or the message of an exception: only names from the configuration and the schema, numbers, and
codes of our own.
"""

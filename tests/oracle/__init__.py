"""npm's @apollo/gateway as a black box beside ours, over the same poisoned fakes: `make gateway-oracle`.

For development only. Its licence (Elastic 2.0) forbids much: nothing of it is shipped, copied or read to be rewritten.
"""
